"""Reading a compact JWS that a stranger sent, and checking its signature (RFC 7515).

Nothing is decided from what a token says of itself: the key's own algorithm is used, and claims are
read only after the signature has held.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from tokenhouse_sdk.jose import ALGORITHMS, decode_base64url

MOST_OCTETS = 8192
_PARTS = 3
_LATEST = 2**53
_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "Ed25519": "EdDSA"}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LEAST_RSA_BITS = 2048


class Malformed(Exception):
    """The text is not what it should be; the message is for the log."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures of one algorithm."""

    alg: str
    key: Any

    def verify(self, signed: "Signed") -> bool:
        """Tell whether the signature is this key's, by this key's algorithm."""
        if _one_name(signed.alg) != self.alg:
            return False
        good: bool = ALGORITHMS[self.alg].verify(signed.signing_input, self.key, signed.signature)
        return good


@dataclass(frozen=True, slots=True)
class Signed:
    """A JWS taken apart; nothing of it is checked yet."""

    header: Mapping[str, Any]
    payload: str
    signing_input: bytes
    signature: bytes

    @property
    def alg(self) -> str:
        """`alg` of the header; "" where it is no text."""
        return text(self.header, "alg")

    @property
    def kid(self) -> str:
        """`kid` of the header; "" where it is no text."""
        return text(self.header, "kid")

    @property
    def typ(self) -> str:
        """`typ`, lower case and without `application/` (RFC 7515 section 4.1.9)."""
        return text(self.header, "typ").lower().removeprefix("application/")

    def claims(self) -> dict[str, Any]:
        """Read the claims; the signature must have held.

        Raises:
            Malformed: they are no JSON object.

        """
        return _json_object(self.payload)


def read(jws: str) -> Signed:
    """Take a compact JWS apart.

    Raises:
        Malformed: it is none, is longer than 8 KiB, or has a critical extension.

    """
    if len(jws) > MOST_OCTETS or jws.count(".") != _PARTS - 1:
        raise Malformed("no compact JWS")
    head, payload, signature = jws.split(".")
    header = _header(head)
    try:
        return Signed(
            header, payload, f"{head}.{payload}".encode("ascii"), decode_base64url(signature)
        )
    except ValueError:
        raise Malformed("not base64url") from None


@lru_cache(maxsize=256)
def _header(part: str) -> Mapping[str, Any]:
    """Read a header; an issuer and a sender use the same one over and over."""
    header = _json_object(part)
    if "crit" in header or "b64" in header:
        raise Malformed("an extension that is not understood")
    return header


def _json_object(part: str) -> dict[str, Any]:
    try:
        found: object = json.loads(decode_base64url(part))
    except (ValueError, RecursionError):
        raise Malformed("no JSON in base64url") from None
    if not isinstance(found, dict):
        raise Malformed("no JSON object")
    return cast("dict[str, Any]", found)


def text(members: Mapping[str, Any], name: str) -> str:
    """Return a member that must be text; "" where it is none."""
    value = members.get(name)
    return value if isinstance(value, str) else ""


def number(members: Mapping[str, Any], name: str, absent: float | None = None) -> float:
    """Return a member that must be a NumericDate (RFC 7519 section 2), `absent` where it is not.

    Raises:
        Malformed: it is no number, or not in 0 < x < 2**53; not a number is neither.

    """
    if absent is not None and name not in members:
        return absent
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LATEST:
        raise Malformed(name)
    return value


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """Make a JWK ready (RFC 7517, RFC 7518 section 6).

    Raises:
        Malformed: it is private, symmetric, weak, or of a type that is not taken.

    """
    if _PRIVATE & jwk.keys():
        raise Malformed("a private or symmetric key")
    usual = "PS256" if jwk.get("kty") == "RSA" else _BY_CURVE.get(text(jwk, "crv"), "")
    alg = _one_name(text(jwk, "alg") or usual)
    try:
        key: Any = ALGORITHMS[alg].from_jwk(dict(jwk))
    except Exception:  # noqa: BLE001 - the library names no errors of its own for every bad value
        raise Malformed("a key of another type, or no key") from None
    if getattr(key, "key_size", _LEAST_RSA_BITS) < _LEAST_RSA_BITS and jwk.get("kty") == "RSA":
        raise Malformed("a weak key")
    return PublicKey(alg, key)


def _one_name(alg: str) -> str:
    return "EdDSA" if alg == "Ed25519" else alg  # RFC 9864
