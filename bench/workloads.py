"""What is asked for: each workload is a request made from app credentials, and its bar.

For another workload, add a line to WORKLOADS. Trap: a client assertion counts once (RFC 7523
section 3, `jti`), so those of a run are made before it and none is sent twice; an old one would be
refused and spoil the figure.
"""

import hashlib
import hmac
import json
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bench.request import Request

TOKEN = "/api/v1/auth/jwt/token"  # noqa: S105 - a path
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = {"grant_type": "client_credentials"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = 50 * 60  # seconds; the contract allows 60 minutes


@dataclass(frozen=True)
class Credential:
    """App credentials, others that have a key (P-256), and the issuer that they are good for."""

    client_id: str
    client_secret: str
    issuer: str
    key_client_id: str
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Workload:
    """A named request; `bar` is the least ratio to raw ASGI, `once` makes its assertions."""

    name: str
    request: Callable[[Credential], Request]
    bar: float | None = None
    once: Callable[[Credential], Iterator[str]] | None = None


def client_secret_basic(credential: Credential) -> Request:
    """RFC 6749 section 2.3.1: id and secret form-urlencoded inside HTTP Basic."""
    pair = f"{quote_plus(credential.client_id)}:{quote_plus(credential.client_secret)}"
    headers = {**FORM, "Authorization": "Basic " + b64encode(pair.encode()).decode()}
    return Request(TOKEN, headers=headers, body=urlencode(GRANT))


def client_secret_post(credential: Credential) -> Request:
    """RFC 6749 section 2.3.1: id and secret in the body."""
    form = {**GRANT, "client_id": credential.client_id, "client_secret": credential.client_secret}
    return Request(TOKEN, headers=FORM, body=urlencode(form))


def by_assertion(_credential: Credential) -> Request:
    """RFC 7523 section 2.2, the assertion to be put at the end."""
    form = {**GRANT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": ""}
    return Request(TOKEN, headers=FORM, body=urlencode(form))


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
    """Assertions signed with the client's key; R and S as RFC 7518 section 3.4 has them."""
    algorithm = ec.ECDSA(hashes.SHA256())

    def sign(signed: bytes) -> bytes:
        numbers = decode_dss_signature(credential.key.sign(signed, algorithm))
        return b"".join(number.to_bytes(32) for number in numbers)

    return _assertions(credential.key_client_id, credential.issuer, "ES256", sign)


def _assertions(
    client_id: str, issuer: str, alg: str, sign: Callable[[bytes], bytes]
) -> Iterator[str]:
    """Client assertions without end, each with a `jti` of its own (RFC 7523 section 3)."""
    now, batch, number = int(time.time()), secrets.token_hex(8), 0
    claims = {"iss": client_id, "sub": client_id, "aud": issuer}
    opened = json.dumps({**claims, "iat": now, "exp": now + ASSERTION_LIFE, "jti": batch})[:-2]
    head = _base64url(f'{{"alg":"{alg}","typ":"JWT"}}'.encode())
    while True:
        number += 1
        signed = head + b"." + _base64url(f'{opened}-{number:08}"}}'.encode())
        yield (signed + b"." + _base64url(sign(signed))).decode()


WORKLOADS = (
    Workload("client_secret_basic", client_secret_basic, bar=0.22),
    Workload("client_secret_post", client_secret_post),
    Workload("client_secret_jwt", by_assertion, bar=0.14, once=by_secret),
    Workload("private_key_jwt", by_assertion, once=by_key),
)


def write_assertions(fresh: Iterator[str], count: int, path: Path) -> None:
    """Write so many fresh assertions, one a line."""
    with path.open("w", encoding="ascii") as lines:
        lines.writelines(next(fresh) + "\n" for _ in range(count))


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
