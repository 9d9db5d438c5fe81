"""The JOSE that both sides need: base64url, private keys, their public halves (RFC 7515, 7517).

Owns: which algorithm a key signs with. The mathematics is PyJWT's and cryptography's.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt import algorithms

from tokenhouse_sdk.errors import CredentialsError

_LIBRARY = algorithms.get_default_algorithms()
ALGORITHMS: dict[str, Any] = {
    name: _LIBRARY[name] for name in ("ES256", "ES384", "EdDSA", "PS256", "RS256")
} | {"Ed25519": _LIBRARY["EdDSA"]}  # RFC 9864: another name for the same
_REQUIRED = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384"}


def base64url(octets: bytes) -> str:
    """Encode base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Decode base64url without padding.

    Raises:
        ValueError: it is anything else.

    """
    octets = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    if base64url(octets) != text:
        raise ValueError("not canonical base64url")
    return octets


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Hash a public key (RFC 7638).

    Raises:
        KeyError: a member is missing, or the type of key is unknown.

    """
    required = {name: jwk[name] for name in _REQUIRED[jwk["kty"]]}
    text = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(text.encode()).digest())


@dataclass(frozen=True, slots=True, repr=False)
class PrivateKey:
    """A private key that is ready to sign; `alg` is its JWS algorithm."""

    alg: str
    key: Any

    @classmethod
    def load(cls, pem: str | bytes) -> "PrivateKey":
        """Load an unencrypted PEM file's content: P-256, P-384, Ed25519 or RSA.

        Raises:
            CredentialsError: it is none of these.

        """
        try:
            key = load_pem_private_key(pem.encode() if isinstance(pem, str) else pem, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise CredentialsError("the private key is no unencrypted PEM") from None
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return cls("EdDSA", key)
        if isinstance(key, rsa.RSAPrivateKey):
            return cls("PS256", key)
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
            return cls(_CURVES[key.curve.name], key)
        raise CredentialsError("the private key is none of P-256, P-384, Ed25519, RSA")

    @classmethod
    def make(cls) -> "PrivateKey":
        """Make a new P-256 key."""
        return cls("ES256", ec.generate_private_key(ec.SECP256R1()))

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK with its required members alone."""
        jwk: dict[str, Any] = ALGORITHMS[self.alg].to_jwk(self.key.public_key(), as_dict=True)
        return {name: jwk[name] for name in _REQUIRED[jwk["kty"]]}
