"""What is asked for: each workload is a request made from app credentials, and its bar.

For another workload, add a line to WORKLOADS. Trap: a client assertion and a DPoP proof count once
(RFC 7523 section 3, RFC 9449 section 11.1), so those of a run are made before it and none is sent
twice; an old one would be refused and spoil the figure.
"""

import hashlib
import hmac
import json
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
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
    """App credentials, others that have a key (P-256), and the issuer that they are good for.

    The sender of DPoP proofs has the same key.
    """

    client_id: str
    client_secret: str
    issuer: str
    key_client_id: str
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Workload:
    """A named request.

    Attributes:
        bar: the least ratio to raw ASGI.
        once: makes the lines, each good once: its assertions or proofs.
        again: the status that the same request gets when it comes a second time.

    """

    name: str
    request: Callable[[Credential], Request]
    bar: float | None = None
    once: Callable[[Credential], Iterator[str]] | None = None
    again: HTTPStatus = HTTPStatus.OK


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


def with_proof(credential: Credential) -> Request:
    """RFC 9449 section 5 beside `client_secret_basic`, the proof to be put in its header."""
    return replace(client_secret_basic(credential), fresh_header="DPoP")


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
    """JWTs without end, each with a `jti` of its own."""
    batch, number = secrets.token_hex(8), 0
    opened = json.dumps({**claims, "jti": batch})[:-2]
    head = _base64url(json.dumps(header, separators=(",", ":")).encode())
    while True:
        number += 1
        signed = head + b"." + _base64url(f'{opened}-{number:08}"}}'.encode())
        yield (signed + b"." + _base64url(sign(signed))).decode()


WORKLOADS = (
    Workload("client_secret_basic", client_secret_basic, bar=0.22),
    Workload("client_secret_post", client_secret_post),
    Workload(
        "client_secret_jwt", by_assertion, bar=0.14, once=by_secret, again=HTTPStatus.UNAUTHORIZED
    ),
    Workload("private_key_jwt", by_assertion, once=by_key, again=HTTPStatus.UNAUTHORIZED),
    Workload("DPoP", with_proof, once=proofs, again=HTTPStatus.BAD_REQUEST),
)


def write_lines(fresh: Iterator[str], count: int, path: Path) -> None:
    """Write so many fresh assertions or proofs, one a line."""
    with path.open("w", encoding="ascii") as lines:
        lines.writelines(next(fresh) + "\n" for _ in range(count))


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
