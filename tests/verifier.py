"""An independent reader of what strangers send: small enough to be read at a glance.

What the server accepts must be accepted here too (RFC 6749 appendix B, RFC 7617 section 2, RFC 7515
section 3.1, RFC 8259). It shares no code with the product and uses other means: expressions over
the whole text where the product takes it apart.
"""

import base64
import hashlib
import hmac
import json
import re
from collections import Counter
from typing import Any, cast
from urllib.parse import parse_qsl

B64URL = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
B64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
ESCAPES = re.compile(rb"(?:[^%]|%[0-9A-Fa-f]{2})*", re.DOTALL)
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def form(body: bytes) -> list[tuple[str, str]] | None:
    """The parameters of a form in their order; None where it is none."""
    if not ESCAPES.fullmatch(body) or body.count(b"&") > 63:
        return None
    try:
        text = "".join(chr(octet) if octet < 128 else f"%{octet:02X}" for octet in body)
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        return None


def basic(header: str) -> tuple[str, str] | None:
    """User and password of a Basic header."""
    found = re.fullmatch(r"basic +(\S+) *", header, re.IGNORECASE)
    if not found or not B64.fullmatch(found[1]):
        return None
    try:
        user, colon, password = base64.b64decode(found[1]).decode().partition(":")
    except UnicodeDecodeError:
        return None
    return (user, password) if colon else None


def document(octets: bytes) -> dict[str, Any] | None:
    """A JSON object without a name that comes twice in any object."""
    twice: list[str] = []

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.extend(name for name, n in Counter(name for name, _ in found).items() if n > 1)
        return dict(found)

    try:
        value = json.loads(octets.decode(), object_pairs_hook=pairs)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return None
    is_object = isinstance(value, dict) and not twice
    return cast("dict[str, Any]", value) if is_object else None


def jwt(text: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Header and claims of a compact JWS, whatever its signature."""
    if not B64URL.fullmatch(text) or len(text) > 8192:
        return None
    parts = [document(base64.urlsafe_b64decode(part + "==")) for part in text.split(".")[:2]]
    return (parts[0], parts[1]) if parts[0] is not None and parts[1] is not None else None


def assertion(text: str, secret: str, audiences: set[str], now: float) -> str | None:
    """The client_id of a client assertion by HMAC; None where it is not good."""
    found = jwt(text)
    if found is None or found[0].get("alg") not in HASHES or "crit" in found[0]:
        return None
    signed, _, signature = text.rpartition(".")
    right = hmac.digest(secret.encode(), signed.encode(), HASHES[found[0]["alg"]])
    aud, claims = found[1].get("aud"), found[1]
    sole: list[Any] = aud if isinstance(aud, list) else [aud]  # pyright: ignore[reportUnknownVariableType] - JSON has any type
    timely = now - 31 < claims.get("exp", 0) <= now + 3631
    good = (
        base64.urlsafe_b64decode(signature + "==") == right
        and timely
        and len(sole) == 1
        and sole[0] in audiences
    )
    return claims["sub"] if good and claims.get("iss") == claims.get("sub") else None
