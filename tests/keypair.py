"""Key pairs of a client and what they sign: assertions and DPoP proofs, right ones and bad ones.

Owns: JWK (RFC 7518 section 6, RFC 8037) and signing (RFC 7518 section 3) with the library of
primitives alone, so that a mistake of a JOSE library, the product's or a test's, is seen by the
other.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.jws import b64, dump

ALGORITHMS = ("ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256")
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm, int, str]] = {
    "ES256": (ec.SECP256R1(), hashes.SHA256(), 32, "P-256"),
    "ES384": (ec.SECP384R1(), hashes.SHA384(), 48, "P-384"),
}
_EDWARDS, _RSA = {"EdDSA", "Ed25519"}, {"PS256", "RS256"}


@dataclass(frozen=True)
class KeyPair:
    """A key pair for one JWS algorithm; `key` is the private half."""

    alg: str
    key: Any

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK, with no member that could be left out."""
        public = self.key.public_key()
        if self.alg in _CURVES:
            _, _, size, name = _CURVES[self.alg]
            point = public.public_numbers()
            return {"kty": "EC", "crv": name, "x": text(point.x, size), "y": text(point.y, size)}
        if self.alg in _EDWARDS:
            return {"kty": "OKP", "crv": "Ed25519", "x": octets(public.public_bytes_raw())}
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": text(numbers.n), "e": text(numbers.e)}

    @property
    def private(self) -> dict[str, Any]:
        """The whole pair as a JWK."""
        if self.alg in _EDWARDS:
            return {**self.public, "d": octets(self.key.private_bytes_raw())}
        numbers = self.key.private_numbers()
        if self.alg in _CURVES:
            return {**self.public, "d": text(numbers.private_value, _CURVES[self.alg][2])}
        return {**self.public, "d": text(numbers.d)}

    @property
    def thumbprint(self) -> str:
        """`jkt` (RFC 7638)."""
        members = json.dumps(self.public, separators=(",", ":"), sort_keys=True)
        return b64(hashlib.sha256(members.encode()).digest()).decode()

    def signature(self, signed: bytes, alg: str = "") -> bytes:
        """Sign, by the key's own algorithm unless told another that it can do."""
        alg = alg or self.alg
        if alg in _CURVES:
            _, hashed, size, _ = _CURVES[alg]
            r, s = decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashed)))
            return r.to_bytes(size) + s.to_bytes(size)
        if alg in _EDWARDS:
            return bytes(self.key.sign(signed))
        way = _PSS if alg == "PS256" else padding.PKCS1v15()
        return bytes(self.key.sign(signed, way, hashes.SHA256()))

    def sign(self, header: bytes, payload: bytes, alg: str = "") -> bytes:
        """A compact JWS of any two documents, rightly signed whatever they hold."""
        signing_input = b64(header) + b"." + b64(payload)
        return signing_input + b"." + b64(self.signature(signing_input, alg))

    def compact(
        self, claims: Mapping[str, object], header: Mapping[str, object] | None = None
    ) -> bytes:
        """A signed JWT; `header` has `alg: <its own>` unless it says otherwise."""
        members = {"alg": self.alg} | dict(header or {})
        alg = str(members["alg"])
        can = any({self.alg, alg} <= names for names in (_EDWARDS, _RSA))
        return self.sign(dump(members), dump(claims), alg if can else self.alg)


def octets(value: bytes) -> str:
    """Octets as a member of a JWK."""
    return b64(value).decode()


def text(number: int, size: int | None = None) -> str:
    """A number as a member of a JWK; as short as can be where no size in octets is fixed."""
    return octets(number.to_bytes(size or (number.bit_length() + 7) // 8))


def make(alg: str = "ES256", bits: int = 2048) -> KeyPair:
    """A key pair; `bits` of an RSA key."""
    if alg in _CURVES:
        return KeyPair(alg, ec.generate_private_key(_CURVES[alg][0]))
    if alg in _EDWARDS:
        return KeyPair(alg, ed25519.Ed25519PrivateKey.generate())
    return KeyPair(alg, rsa_key(bits, alg))


@cache
def rsa_key(bits: int, name: str = "") -> rsa.RSAPrivateKey:  # noqa: ARG001 - the cache tells keys apart by it
    """An RSA key, the same one each time under the same name, since making one is slow."""
    return rsa.generate_private_key(65537, bits)


def ath(token: str) -> str:
    """The hash of an access token that a proof carries (RFC 9449 section 4.2)."""
    return b64(hashlib.sha256(token.encode()).digest()).decode()


def proof_claims(method: str, url: str, token: str | None = None) -> dict[str, Any]:
    """The claims of a right DPoP proof (RFC 9449 section 4.2)."""
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": url,
        "iat": int(time.time()),
    }
    return claims if token is None else {**claims, "ath": ath(token)}


def proof(pair: KeyPair, claims: Mapping[str, Any]) -> str:
    """A DPoP proof with these claims and a right header."""
    header = {"typ": "dpop+jwt", "alg": pair.alg, "jwk": pair.public}
    return pair.sign(dump(header), dump(claims)).decode()
