"""Public keys that clients register: what is taken, and checking signatures with them.

JWK (RFC 7517, RFC 7518 section 6, RFC 8037). The traps: a private key sent by mistake, an HMAC
key beside signature keys, a point that is not on its curve (RFC 8725 section 3.4), an RSA key
that is weak or so large that checking with it is an attack.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tokenhouse.crypto.ed25519_point import is_sound
from tokenhouse.crypto.signer import ALGORITHMS
from tokenhouse.oauth.jwt_claims import MOST_NAME, MalformedJwt, decode_base64url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_KEYS = 10
_KEPT = ("kty", "crv", "x", "y", "n", "e", "kid", "use", "key_ops", "alg")
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_CURVES: dict[str, tuple[ec.EllipticCurve, int, str]] = {
    "P-256": (ec.SECP256R1(), 32, "ES256"),
    "P-384": (ec.SECP384R1(), 48, "ES384"),
}
_EDWARDS = ("EdDSA", "Ed25519")
_RSA = ("PS256", "RS256")
_RSA_BITS = range(2048, 8193)
_RSA_EXPONENTS = range(65537, 2**32, 2)  # FIPS 186-5 section 5.1 asks for more than 2**16
_SMALL_PRIMES = math.prod(p for p in range(3, 1000) if all(p % q for q in range(2, p)))


class UnfitKey(Exception):
    """A key cannot be registered; the text says why, `member` where."""

    def __init__(self, member: str, reason: str) -> None:
        """Name the member of the JWK and say what is wrong."""
        super().__init__(reason)
        self.member = member


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that can check signatures; `algorithms` are those it may be used with."""

    kid: str | None
    algorithms: tuple[str, ...]
    key: Any

    def fits(self, alg: str, kid: str | None) -> bool:
        """Tell whether an assertion with this header may be this key's."""
        named = kid is None or self.kid is None or kid == self.kid
        return named and alg in self.algorithms

    def verify(self, alg: str, signing_input: bytes, signature: bytes) -> bool:
        """Tell whether the signature over the signing input is this key's."""
        algorithm: Any = ALGORITHMS[alg]
        good: bool = algorithm.verify(signing_input, self.key, signature)
        return good


def checked(jwk: Mapping[str, Any]) -> PublicKey:
    """Check a JWK that somebody wants to register.

    Raises:
        UnfitKey: it is none that this service takes.

    """
    kty = jwk.get("kty")
    if kty == "oct":
        raise UnfitKey("kty", "a symmetric key; send the public half of a key pair")
    for name in _PRIVATE:
        if name in jwk:
            raise UnfitKey(
                name, "a private member; make a new key pair, and send its public half alone"
            )
    if not isinstance(kty, str) or kty not in _READERS:
        raise UnfitKey("kty", "must be EC, OKP or RSA")
    key, algorithms = _READERS[kty](jwk)
    return PublicKey(_kid(jwk), _chosen(jwk, algorithms), key)


def kept(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a JWK that are kept; the others say nothing to us."""
    return {name: jwk[name] for name in _KEPT if name in jwk}


@lru_cache(maxsize=1024)
def load(jwks: str) -> tuple[PublicKey, ...]:
    """Make the keys of a JWK Set ready that was checked when it was registered.

    Found again by its whole text, so that no change of it is ever missed.
    """
    return tuple(checked(jwk) for jwk in json.loads(jwks)["keys"])


@lru_cache(maxsize=len(ALGORITHMS))
def nobodys(alg: str) -> PublicKey:
    """Return a key for `alg` that is nobody's: checking with it takes as long as with another."""
    if alg in _EDWARDS:
        return PublicKey(None, (), ed25519.Ed25519PrivateKey.generate().public_key())
    if alg in _RSA:
        modulus = int.from_bytes(os.urandom(_RSA_BITS.start // 8)) | 1 << _RSA_BITS.start - 1 | 1
        return PublicKey(None, (), rsa.RSAPublicNumbers(65537, modulus).public_key())
    curve = next(curve for curve, _, name in _CURVES.values() if name == alg)
    return PublicKey(None, (), ec.generate_private_key(curve).public_key())


def _kid(jwk: Mapping[str, Any]) -> str | None:
    kid = jwk.get("kid")
    if "kid" in jwk and not (isinstance(kid, str) and 0 < len(kid.encode()) <= MOST_NAME):
        raise UnfitKey("kid", f"must be a string of 1 to {MOST_NAME} octets")
    return kid


def _chosen(jwk: Mapping[str, Any], algorithms: tuple[str, ...]) -> tuple[str, ...]:
    """Narrow what the key could do to what its owner says (RFC 7517 sections 4.2 to 4.4)."""
    if jwk.get("use", "sig") != "sig":
        raise UnfitKey("use", "must be sig, or left out")
    if jwk.get("key_ops", ["verify"]) != ["verify"]:
        raise UnfitKey("key_ops", 'must be ["verify"], or left out')
    if "alg" not in jwk:
        return algorithms
    if jwk["alg"] not in algorithms:
        raise UnfitKey("alg", f"this key is for {' or '.join(algorithms)}")
    return algorithms if jwk["alg"] in _EDWARDS else (jwk["alg"],)  # RFC 9864: two names for one


def _octets(jwk: Mapping[str, Any], name: str, size: int | None = None) -> bytes:
    """Decode a member; `size` in octets where it is fixed."""
    value = jwk.get(name)
    try:
        octets = decode_base64url(value) if isinstance(value, str) else b""
    except MalformedJwt:
        octets = b""
    if not octets or (size is not None and len(octets) != size):
        exactly = "" if size is None else f" of {size} octets"
        raise UnfitKey(name, f"must be base64url{exactly} without padding")
    return octets


def _ec(jwk: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Read a key of RFC 7518 section 6.2."""
    name = jwk.get("crv")
    if not isinstance(name, str) or name not in _CURVES:
        raise UnfitKey("crv", f"must be {' or '.join(_CURVES)}")
    curve, size, alg = _CURVES[name]
    x, y = (int.from_bytes(_octets(jwk, axis, size)) for axis in "xy")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, curve).public_key(), (alg,)
    except ValueError:
        raise UnfitKey("x", f"not a point of {name}") from None


def _okp(jwk: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Read a key of RFC 8037 section 2."""
    if jwk.get("crv") != "Ed25519":
        raise UnfitKey("crv", "must be Ed25519")
    octets = _octets(jwk, "x", 32)
    if not is_sound(octets):
        raise UnfitKey("x", "not a point of Ed25519, or one of small order")
    return ed25519.Ed25519PublicKey.from_public_bytes(octets), _EDWARDS


def _rsa(jwk: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Read a key of RFC 7518 section 6.3."""
    modulus, exponent = (int.from_bytes(_octets(jwk, name)) for name in "ne")
    if modulus.bit_length() not in _RSA_BITS:
        least, most = _RSA_BITS.start, _RSA_BITS.stop - 1
        raise UnfitKey("n", f"{modulus.bit_length()} bits; must be {least} to {most}")
    if modulus % 2 == 0 or math.gcd(modulus, _SMALL_PRIMES) != 1:
        raise UnfitKey("n", "a weak key: it has a small factor")
    if exponent not in _RSA_EXPONENTS:
        raise UnfitKey("e", "must be odd, at least 65537 and less than 2**32")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key(), _RSA


_READERS: dict[str, Callable[[Mapping[str, Any]], tuple[Any, tuple[str, ...]]]] = {
    "EC": _ec,
    "OKP": _okp,
    "RSA": _rsa,
}
