"""Key pairs of a client and what they sign: assertions and DPoP proofs, right ones and bad ones.

Owns: signing with the library of primitives alone (RFC 7518 section 3), so that a mistake of a JOSE
library, the product's or a test's, is seen by the other.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.jws import b64, dump

_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm, int, str]] = {
    "ES256": (ec.SECP256R1(), hashes.SHA256(), 32, "P-256"),
    "ES384": (ec.SECP384R1(), hashes.SHA384(), 48, "P-384"),
}
_REQUIRED = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}


@dataclass(frozen=True)
class KeyPair:
    """A key pair for one JWS algorithm; `private` and `public` are JWKs."""

    alg: str
    key: Any
    private: dict[str, Any]

    @property
    def public(self) -> dict[str, Any]:
        """The public half (RFC 7518 section 6)."""
        kept = {"kty", "crv", "x", "y", "n", "e"}
        return {name: value for name, value in self.private.items() if name in kept}

    @property
    def thumbprint(self) -> str:
        """`jkt` (RFC 7638)."""
        required = {name: self.private[name] for name in _REQUIRED[self.private["kty"]]}
        text = json.dumps(required, separators=(",", ":"), sort_keys=True)
        return b64(hashlib.sha256(text.encode()).digest()).decode()

    def signature(self, octets: bytes, alg: str = "") -> bytes:
        """Sign, by the key's own algorithm unless told another that it can do."""
        alg = alg or self.alg
        if alg in _CURVES:
            _, hashed, size, _ = _CURVES[alg]
            r, s = decode_dss_signature(self.key.sign(octets, ec.ECDSA(hashed)))
            return r.to_bytes(size) + s.to_bytes(size)
        if alg in {"EdDSA", "Ed25519"}:
            return bytes(self.key.sign(octets))
        way = _PSS if alg == "PS256" else padding.PKCS1v15()
        return bytes(self.key.sign(octets, way, hashes.SHA256()))

    def sign(self, header: bytes, payload: bytes, alg: str = "") -> bytes:
        """A compact JWS of any two documents, rightly signed whatever they hold."""
        signing_input = b64(header) + b"." + b64(payload)
        return signing_input + b"." + b64(self.signature(signing_input, alg))


def make(alg: str = "ES256", bits: int = 2048) -> KeyPair:
    """Make a key pair; `bits` of an RSA key."""
    key: Any
    if alg in _CURVES:
        curve, _, size, name = _CURVES[alg]
        key = ec.generate_private_key(curve)
        numbers = key.private_numbers()
        point = numbers.public_numbers
        parts = {"x": point.x, "y": point.y, "d": numbers.private_value}
        jwk = {part: b64(value.to_bytes(size)).decode() for part, value in parts.items()}
        return KeyPair(alg, key, {"kty": "EC", "crv": name, **jwk})
    if alg in {"EdDSA", "Ed25519"}:
        key = ed25519.Ed25519PrivateKey.generate()
        x, d = key.public_key().public_bytes_raw(), key.private_bytes_raw()
        jwk = {"x": b64(x).decode(), "d": b64(d).decode()}
        return KeyPair(alg, key, {"kty": "OKP", "crv": "Ed25519", **jwk})
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    numbers = key.private_numbers()
    parts = {"n": numbers.public_numbers.n, "e": numbers.public_numbers.e, "d": numbers.d}
    jwk = {
        part: b64(value.to_bytes((value.bit_length() + 7) // 8)).decode()
        for part, value in parts.items()
    }
    return KeyPair(alg, key, {"kty": "RSA", **jwk})


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
