"""Checking a DPoP proof at an API (RFC 9449 section 4.3), and that it is used once.

Replays are remembered in this process. Several processes behind one address each accept a proof
once, within the minute that it lives; where that matters, let them share connections' senders.
"""

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from tokenhouse_sdk.checking.jws import (
    Malformed,
    PublicKey,
    Signed,
    number,
    public_key,
    read,
    text,
)
from tokenhouse_sdk.checking.sent import Sent
from tokenhouse_sdk.errors import InvalidDpopProof, ServiceUnavailable
from tokenhouse_sdk.jose import base64url, thumbprint

OLDEST = 60.0  # seconds
LEEWAY = 30.0  # seconds, for clocks that differ
_TYPE = "dpop+jwt"
_ASYMMETRIC = frozenset({"ES256", "ES384", "EdDSA", "Ed25519", "PS256"})
_LONGEST_JTI = 256
_MOST = 500_000
_PORTS = {"http": 80, "https": 443}


class Proofs:
    """Judges proofs, and remembers those that were used."""

    def __init__(self) -> None:
        """Remember none."""
        self._lock = threading.Lock()
        self._used: OrderedDict[bytes, float] = OrderedDict()

    def check(self, sent: Sent, token: str, jkt: str) -> None:
        """Check the proof that came with a token bound to the key `jkt`.

        Raises:
            InvalidDpopProof: there is not one, or it does not hold.
            ServiceUnavailable: too many proofs to remember are in use.

        """
        if len(sent.proofs) != 1:
            raise InvalidDpopProof("The token needs one DPoP proof.")
        try:
            signed = read(sent.proofs[0])
            claims = _claims(signed, jkt)
            _check_target(claims, sent)
            self._check_time(claims, time.time())
        except Malformed:
            raise InvalidDpopProof("The DPoP proof does not hold.") from None
        digest = base64url(hashlib.sha256(token.encode()).digest())
        if not hmac.compare_digest(text(claims, "ath").encode(), digest.encode()):
            raise InvalidDpopProof("The DPoP proof is for another token.")
        self._use(hashlib.sha256(f"{jkt} {claims['jti']}".encode()).digest())

    @staticmethod
    def _check_time(claims: dict[str, Any], now: float) -> None:
        if not now - OLDEST - LEEWAY < number(claims, "iat") <= now + LEEWAY:
            raise Malformed("iat")
        if not 0 < len(text(claims, "jti")) <= _LONGEST_JTI:
            raise Malformed("jti")

    def _use(self, digest: bytes) -> None:
        now = time.monotonic()
        with self._lock:
            while self._used and next(iter(self._used.values())) <= now:
                self._used.popitem(last=False)
            if digest in self._used:
                raise InvalidDpopProof("The DPoP proof was used before.")
            if len(self._used) >= _MOST:
                raise ServiceUnavailable("too many DPoP proofs are in use")
            self._used[digest] = now + OLDEST + 2 * LEEWAY


def _claims(signed: Signed, jkt: str) -> dict[str, Any]:
    if signed.typ != _TYPE or signed.alg not in _ASYMMETRIC:
        raise Malformed("typ or alg")
    jwk = signed.header.get("jwk")
    if not isinstance(jwk, dict):
        raise Malformed("no jwk")
    members = cast("dict[str, Any]", jwk)
    names = ("kty", "crv", "x", "y", "n", "e", "d", "k", "alg")
    key, found = _key(tuple((name, str(members[name])) for name in names if name in members))
    if not hmac.compare_digest(found, jkt) or not key.verify(signed):
        raise Malformed("another key, or its signature")
    return signed.claims()


@lru_cache(maxsize=1024)
def _key(members: tuple[tuple[str, str], ...]) -> tuple[PublicKey, str]:
    """Make a key ready; senders bring the same one over and over."""
    jwk = dict(members)
    return public_key(jwk), thumbprint(jwk)


def _check_target(claims: dict[str, Any], sent: Sent) -> None:
    place = _place(text(claims, "htu"))
    if text(claims, "htm") != sent.method or place is None or place != _place(sent.url):
        raise Malformed("htm or htu")


@lru_cache(maxsize=1024)
def _place(url: str) -> tuple[str, str, int, str] | None:
    """What of a URL is compared: query and fragment are left out (RFC 9449 section 4.3)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], unquote(parts.path) or "/"
