"""Key pairs of clients: the public half as a JWK, and signing with the private one.

Owns: JWK (RFC 7518 section 6, RFC 8037) and the signatures of RFC 7518 sections 3.3 to 3.5, made
by hand, so that a mistake of the server's library is seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests import jws

ALGORITHMS = ("ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256")
_CURVES = {"ES256": ("P-256", ec.SECP256R1(), 32), "ES384": ("P-384", ec.SECP384R1(), 48)}
_HASHES = {"ES256": hashes.SHA256(), "ES384": hashes.SHA384()}
_SHA256 = hashes.SHA256()
_PSS = padding.PSS(padding.MGF1(_SHA256), _SHA256.digest_size)


@dataclass(frozen=True)
class KeyPair:
    """A key pair for one algorithm."""

    alg: str
    private: Any

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, with no member that could be left out."""
        public = self.private.public_key()
        if self.alg in _CURVES:
            name, _, size = _CURVES[self.alg]
            point = public.public_numbers()
            return {"kty": "EC", "crv": name, "x": text(point.x, size), "y": text(point.y, size)}
        if self.alg in {"EdDSA", "Ed25519"}:
            return {"kty": "OKP", "crv": "Ed25519", "x": octets(public.public_bytes_raw())}
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": text(numbers.n), "e": text(numbers.e)}

    def sign(self, signing_input: bytes, alg: str | None = None) -> bytes:
        """The signature, by another algorithm of the same kind of key if one is named."""
        alg = alg or self.alg
        if alg in _CURVES:
            numbers = decode_dss_signature(self.private.sign(signing_input, ec.ECDSA(_HASHES[alg])))
            return b"".join(number.to_bytes(_CURVES[alg][2]) for number in numbers)
        pads = {"PS256": (_PSS, _SHA256), "RS256": (padding.PKCS1v15(), _SHA256)}
        signature: bytes = self.private.sign(signing_input, *pads.get(alg, ()))
        return signature

    def compact(
        self, claims: Mapping[str, object], header: Mapping[str, object] | None = None
    ) -> bytes:
        """A signed JWT; `header` has `alg: <its own>` unless it says otherwise."""
        members = {"alg": self.alg} | dict(header or {})
        signing_input = jws.b64(jws.dump(members)) + b"." + jws.b64(jws.dump(claims))
        alg = str(members["alg"])
        signed_by = alg if alg in ALGORITHMS and _fits(self.alg, alg) else self.alg
        return signing_input + b"." + jws.b64(self.sign(signing_input, signed_by))


def _fits(own: str, other: str) -> bool:
    return (
        own == other or {own, other} <= {"PS256", "RS256"} or {own, other} <= {"EdDSA", "Ed25519"}
    )


def octets(value: bytes) -> str:
    """A member of a JWK."""
    return jws.b64(value).decode()


def text(number: int, size: int | None = None) -> str:
    """A number as a member of a JWK; as short as can be where no size in octets is fixed."""
    return octets(number.to_bytes(size or (number.bit_length() + 7) // 8))


def make(alg: str) -> KeyPair:
    """A new key pair."""
    if alg in _CURVES:
        return KeyPair(alg, ec.generate_private_key(_CURVES[alg][1]))
    if alg in {"EdDSA", "Ed25519"}:
        return KeyPair(alg, ed25519.Ed25519PrivateKey.generate())
    return KeyPair(alg, rsa_key(2048, alg))


@cache
def rsa_key(bits: int, name: str = "") -> rsa.RSAPrivateKey:  # noqa: ARG001 - the cache tells keys apart by it
    """An RSA key, the same one each time under the same name, since making one is slow."""
    return rsa.generate_private_key(65537, bits)
