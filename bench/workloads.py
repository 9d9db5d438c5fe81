"""What is asked for: each workload is a request made from app credentials, and its bars.

For another workload, add a line to WORKLOADS.
"""

import itertools
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import quote_plus, urlencode

from bench import ceilings, seed
from bench.credential import Credential, by_key, by_secret, proofs
from bench.request import CLIENTS, PATH, TOKEN, Request

INTROSPECT, JWKS = "/api/v1/auth/jwt/introspect", "/.well-known/jwks.json"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = {"grant_type": "client_credentials"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PAGE = 100
IN_USE = 1000
PIECE = 1000  # credentials that are made at a time, to be deleted


@dataclass(frozen=True)
class Workload:
    """A named request.

    Attributes:
        ceiling: the ceiling of a core that it can never pass; "" where raw ASGI is all there is.
        bar: the least ratio to raw ASGI.
        ceiling_bar: the least ratio to its ceiling.
        once: makes the lines that are one request's alone, for ever.
        again: the status that the same request gets when it comes a second time.
        holds: what the body of a good answer has in it.
        most: connections at the most; a password waits in a queue of 64 (contract, section 5).
        share: of the raw ASGI rate, which it surely never reaches; so many lines are made.

    """

    name: str
    request: Callable[[Credential], Request]
    ceiling: str = ""
    bar: float | None = None
    ceiling_bar: float | None = None
    once: Callable[[Credential], Iterator[str]] | None = None
    again: HTTPStatus = HTTPStatus.OK
    holds: bytes = b'"access_token":'
    most: int = 256
    share: float = 0.7


def client_secret_basic(credential: Credential) -> Request:
    """RFC 6749 section 2.3.1: id and secret form-urlencoded inside HTTP Basic."""
    return Request(TOKEN, headers=_basic(credential), body=urlencode(GRANT))


def client_secret_post(_credential: Credential) -> Request:
    """RFC 6749 section 2.3.1: id and secret in the body, of one credential after the other."""
    return Request(TOKEN, headers=FORM, body=urlencode({**GRANT, "client_id": ""}))


def by_assertion(_credential: Credential) -> Request:
    """RFC 7523 section 2.2, the assertion to be put at the end."""
    form = {**GRANT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": ""}
    return Request(TOKEN, headers=FORM, body=urlencode(form))


def with_proof(credential: Credential) -> Request:
    """RFC 9449 section 5 beside `client_secret_basic`, the proof to be put in its header."""
    return replace(client_secret_basic(credential), fresh_at="DPoP")


def password(credential: Credential) -> Request:
    """RFC 6749 section 4.3, as a person without a client."""
    owner = credential.owner
    form = {"grant_type": "password", "username": owner.email, "password": owner.password}
    return Request(TOKEN, headers=FORM, body=urlencode(form), far=True)


def basic_token(credential: Credential) -> Request:
    """The reference's own: a user token for HTTP Basic."""
    return replace(credential.owner.sign_in, far=True)


def introspection(credential: Credential) -> Request:
    """RFC 7662: whether a token of one's owner is good."""
    form = {"token": credential.token()}
    return Request(INTROSPECT, headers=_basic(credential), body=urlencode(form))


def create(credential: Credential) -> Request:
    """Make app credentials."""
    return Request(CLIENTS, headers=_bearer(credential))


def page(credential: Credential) -> Request:
    """A page of the owner's app credentials, of whom `stage.py` makes enough."""
    return Request(f"{CLIENTS}?limit={PAGE}", "GET", _bearer(credential))


def delete(credential: Credential) -> Request:
    """Delete app credentials, each but once."""
    return Request(f"{CLIENTS}/", "DELETE", _bearer(credential), fresh_at=PATH)


def sampled(credential: Credential) -> Iterator[str]:
    """A thousand of the installation's credentials in turn, over and over."""
    return itertools.cycle(credential.sample.read_text("ascii").splitlines()[:IN_USE])


def to_delete(credential: Credential) -> Iterator[str]:
    """Credentials of the owner, made as they are asked for, straight into the tables."""
    while True:
        yield from seed.add_to(credential.place, credential.owner_id, PIECE)


def _basic(credential: Credential) -> dict[str, str]:
    pair = f"{quote_plus(credential.client_id)}:{quote_plus(credential.client_secret)}"
    return {**FORM, "Authorization": "Basic " + b64encode(pair.encode()).decode()}


def _bearer(credential: Credential) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential.token()}"}


_SIGN, _CHECK, _HASH = ceilings.SIGNATURES, ceilings.CHECKS, ceilings.HASHES
_READ, _COMMIT = ceilings.READS, ceilings.COMMITS
_REFUSED, _GONE = HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND
WORKLOADS = (
    Workload("client_secret_basic", client_secret_basic, _SIGN, bar=0.30),
    Workload("client_secret_post", client_secret_post, _SIGN, once=sampled),
    Workload("client_secret_jwt", by_assertion, _COMMIT, bar=0.20, once=by_secret, again=_REFUSED),
    Workload("private_key_jwt", by_assertion, _CHECK, once=by_key, again=_REFUSED),
    Workload("DPoP", with_proof, _CHECK, once=proofs, again=HTTPStatus.BAD_REQUEST),
    Workload("password", password, _HASH, ceiling_bar=0.90, most=64),
    Workload("Basic token", basic_token, _HASH, most=64),
    Workload("introspection", introspection, _CHECK, bar=0.30, holds=b'"active":true'),
    Workload("JWKS", lambda _credential: Request(JWKS, "GET"), holds=b'"keys":'),
    Workload("create", create, _COMMIT, again=HTTPStatus.CREATED, holds=b'"client_secret":'),
    Workload("list", page, _READ, holds=b'"client_id":'),
    Workload("delete", delete, _COMMIT, once=to_delete, again=_GONE, holds=b"", share=0.04),
)
