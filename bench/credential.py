"""Whom the load asks as: a person and app credentials, and all that proves them.

Trap: a client assertion and a DPoP proof count once (RFC 7523 section 3, RFC 9449 section 11.1), so
those of a run are made before it and none is sent twice; an old one would be refused and spoil the
figure.
"""

import hashlib
import hmac
import json
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bench.request import BASIC, TOKEN, Request, ask_json

ASSERTION_LIFE = 50 * 60  # seconds; the contract allows 60 minutes


@dataclass(frozen=True)
class Person:
    """Who signs in with e-mail address and password."""

    email: str
    password: str

    @property
    def sign_in(self) -> Request:
        """The request for a token by HTTP Basic."""
        pair = b64encode(f"{self.email}:{self.password}".encode()).decode()
        return Request(BASIC, "GET", {"Authorization": f"Basic {pair}"})


@dataclass(frozen=True)
class Credential:
    """App credentials, others that have a key (P-256), and their owner.

    The sender of DPoP proofs has the same key.

    Attributes:
        port: of the server that they are good for.
        place: the options that say where its installation is.
        sample: others in the same installation, `CLIENT_ID&client_secret=SECRET` a line.

    """

    client_id: str
    client_secret: str
    key_client_id: str
    key: ec.EllipticCurvePrivateKey
    owner: Person
    owner_id: str
    port: int
    place: tuple[str, ...]
    sample: Path

    @property
    def issuer(self) -> str:
        """The issuer: default settings, so where the server listens."""
        return f"http://127.0.0.1:{self.port}"

    def token(self) -> str:
        """A fresh token of the owner; it lives a quarter of an hour."""
        token: str = ask_json(self.port, self.owner.sign_in)["access_token"]
        return token


def by_secret(credential: Credential) -> Iterator[str]:
    """Assertions with an HMAC by the client secret."""
    secret = credential.client_secret.encode()
    return _assertions(
        credential.client_id,
        credential.issuer,
        "HS256",
        lambda signed: hmac.digest(secret, signed, hashlib.sha256),
    )


def by_key(credential: Credential) -> Iterator[str]:
    """Assertions signed with the client's key."""
    return _assertions(credential.key_client_id, credential.issuer, "ES256", _signing(credential))


def proofs(credential: Credential) -> Iterator[str]:
    """DPoP proofs for the token endpoint (RFC 9449 section 4.2); good for a minute."""
    claims = {"htm": "POST", "htu": credential.issuer + TOKEN, "iat": int(time.time())}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(credential.key)}
    return _jwts(header, claims, _signing(credential))


def jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public half (RFC 7518 section 6.2)."""
    point = key.public_key().public_numbers()
    x, y = (_base64url(number.to_bytes(32)).decode() for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def write_lines(fresh: Iterator[str], count: int, path: Path) -> None:
    """Write so many fresh assertions, proofs or names, one a line."""
    with path.open("w", encoding="ascii") as lines:
        lines.writelines(next(fresh) + "\n" for _ in range(count))


def _signing(credential: Credential) -> Callable[[bytes], bytes]:
    """How the key signs; R and S as RFC 7518 section 3.4 has them."""
    algorithm = ec.ECDSA(hashes.SHA256())

    def sign(signed: bytes) -> bytes:
        numbers = decode_dss_signature(credential.key.sign(signed, algorithm))
        return b"".join(number.to_bytes(32) for number in numbers)

    return sign


def _assertions(
    client_id: str, issuer: str, alg: str, sign: Callable[[bytes], bytes]
) -> Iterator[str]:
    """Client assertions (RFC 7523 section 3)."""
    now = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": issuer}
    times = {"iat": now, "exp": now + ASSERTION_LIFE}
    return _jwts({"alg": alg, "typ": "JWT"}, {**claims, **times}, sign)


def _jwts(
    header: Mapping[str, object], claims: Mapping[str, object], sign: Callable[[bytes], bytes]
) -> Iterator[str]:
    """JWTs without end, each with a `jti` of its own, as the common libraries write them."""
    batch, number = secrets.token_hex(8), 0
    opened = json.dumps({**claims, "jti": batch}, separators=(",", ":"))[:-2]
    head = _base64url(json.dumps(header, separators=(",", ":")).encode())
    while True:
        number += 1
        signed = head + b"." + _base64url(f'{opened}-{number:08}"}}'.encode())
        yield (signed + b"." + _base64url(sign(signed))).decode()


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
