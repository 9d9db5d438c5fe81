"""One signing key: making it, signing with it, its public half (RFC 7515, 7517, 7518, 9864).

Joining a token is ours: the header is encoded once, then a token is one signature and two
base64url parts. The signature itself and its check are the JOSE library's.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from jwt import algorithms

from tokenhouse.oauth.jwt_claims import MalformedJwt, read_jwt

if TYPE_CHECKING:
    from collections.abc import Mapping

TYP = "at+jwt"  # of an access token, RFC 9068 section 2.1
MOST_REMEMBERED = 2048  # claims of a key's tokens, about 1.2 KB each
_OCTETS = 32  # of each half of a signature on P-256 (RFC 7518 section 3.4)


class _Es256(algorithms.ECAlgorithm):
    """ES256 on its short path: each token has a signature of it.

    The library makes its objects anew for each, which costs a third of a signature more.
    """

    _hashed = ec.ECDSA(Prehashed(hashes.SHA256()))

    def sign(self, msg: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
        digest = hashlib.sha256(msg).digest()
        r, s = decode_dss_signature(key.sign(digest, self._hashed))
        return r.to_bytes(_OCTETS, "big") + s.to_bytes(_OCTETS, "big")

    def verify(self, msg: bytes, key: algorithms.AllowedECKeys, sig: bytes) -> bool:
        if len(sig) != 2 * _OCTETS or not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        halves = (int.from_bytes(half, "big") for half in (sig[:_OCTETS], sig[_OCTETS:]))
        try:
            key.verify(encode_dss_signature(*halves), hashlib.sha256(msg).digest(), self._hashed)
        except InvalidSignature:
            return False
        return True


_LIBRARY = algorithms.get_default_algorithms()
ALGORITHMS: dict[str, algorithms.Algorithm] = {
    name: _LIBRARY[name] for name in ("HS256", "HS384", "HS512", "ES384", "EdDSA", "RS256", "PS256")
} | {"ES256": _Es256(hashes.SHA256, ec.SECP256R1), "Ed25519": _LIBRARY["EdDSA"]}
_RSA_BITS = 2048
_REQUIRED = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}


def base64url(octets: bytes) -> bytes:
    """Encode base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def make_private_key(alg: str) -> bytes:
    """Make a private key for `alg`; PKCS #8 DER."""
    key: Any
    if alg == "ES256":
        key = ec.generate_private_key(ec.SECP256R1())
    elif alg in {"EdDSA", "Ed25519"}:
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    der: bytes = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return der


class Signer:
    """A signing key that is ready to sign and to check."""

    def __init__(self, alg: str, private_key: bytes) -> None:
        """Load a key.

        Args:
            alg: JWS algorithm.
            private_key: PKCS #8 DER.

        """
        self.alg = alg
        self._algorithm: Any = ALGORITHMS[alg]
        self._private: Any = load_der_private_key(private_key, None)
        self._public: Any = self._private.public_key()
        public: dict[str, Any] = self._algorithm.to_jwk(self._public, as_dict=True)
        public = required_members(public)
        self.kid = thumbprint(public)
        self.jwk = {**public, "kid": self.kid, "use": "sig", "alg": alg}
        self._prefix = self._head(TYP)
        self._good: OrderedDict[bytes, Mapping[str, Any]] = OrderedDict()  # by digest, newest last

    def _head(self, typ: str) -> bytes:
        header = {"typ": typ, "alg": self.alg, "kid": self.kid}
        return base64url(json.dumps(header, separators=(",", ":")).encode()) + b"."

    def sign(self, claims: bytes, typ: str | None = None) -> str:
        """Make a JWS of claims that are encoded already.

        Args:
            claims: the JSON text.
            typ: of the header; None = an access token's.

        """
        prefix = self._prefix if typ is None else self._head(typ)
        signing_input = prefix + base64url(claims)
        signature: bytes = self._algorithm.sign(signing_input, self._private)
        return (signing_input + b"." + base64url(signature)).decode()

    def read(self, token: str) -> Mapping[str, Any]:
        """Return the claims of an access token that this key has signed.

        Reading and checking cost more than all the rest of a token's check, tokens are shown again
        and again, and what a good one says stays so: its claims are remembered under its digest, as
        long as this key is (decision 82). A bad one is not, or whoever sends many would push the
        good ones out.

        Raises:
            MalformedJwt: it is no JWS, the signature is not this key's, or it signed something
                else with it.

        """
        digest = hashlib.sha256(token.encode()).digest()
        if digest in self._good:
            self._good.move_to_end(digest)
            return self._good[digest]
        jwt = read_jwt(token)
        if not self._algorithm.verify(jwt.signing_input, self._public, jwt.signature):
            msg = "signature"
            raise MalformedJwt(msg)
        if jwt.typ != TYP or jwt.alg != self.alg:
            msg = "typ or alg"
            raise MalformedJwt(msg)
        self._good[digest] = jwt.claims
        if len(self._good) > MOST_REMEMBERED:
            self._good.popitem(last=False)
        return jwt.claims


def required_members(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a public key, and nothing else of its JWK (RFC 7638 section 3.2)."""
    return {name: jwk[name] for name in _REQUIRED[jwk["kty"]]}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the JWK thumbprint (RFC 7638 section 3): SHA-256 of the required members."""
    text = json.dumps(required_members(jwk), separators=(",", ":"), sort_keys=True)
    return base64url(hashlib.sha256(text.encode()).digest()).decode()
