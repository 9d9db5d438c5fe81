"""The shape of the tables: who is there, what is sent, what must come back, and by which clause."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest

from tests.people import TOKEN, Credential, Person
from tests.raw import Request
from tests.service import Service

FORM = "application/x-www-form-urlencoded"
BEARER_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Pairs = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True)
class World:
    """What a row may speak of: the server, a person with app credentials, and another's."""

    service: Service
    someone: Person
    app: Credential
    other: Credential
    deleted: Credential

    @property
    def issuer(self) -> str:
        """The issuer identifier, by default where the server listens."""
        return self.service.url

    @property
    def token_endpoint(self) -> str:
        """The token endpoint's URL."""
        return self.service.url + TOKEN


@dataclass(frozen=True)
class Row:
    """One request and its answer; `headers` are exact, None means absent."""

    clause: str
    name: str
    request: Callable[[World], Request]
    status: int
    error: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])


def table(*rows: Row) -> pytest.MarkDecorator:
    """Run a test once a row, under the row's name and clause."""
    return pytest.mark.parametrize(
        "row",
        [pytest.param(row, id=row.name, marks=pytest.mark.clause(row.clause)) for row in rows],
    )


def basic(user_id: str | bytes, password: str | bytes) -> str:
    """The value of an Authorization header by RFC 7617; nothing is percent-encoded."""
    given = b":".join(
        part.encode() if isinstance(part, str) else part for part in (user_id, password)
    )
    return "Basic " + base64.b64encode(given).decode()


def form(*pairs: tuple[str, str | bytes], authorization: str | None = None) -> Request:
    """A form posted to the token endpoint."""
    headers = () if authorization is None else (("Authorization", authorization),)
    return raw_form(urlencode(pairs).encode(), *headers)


def raw_form(body: bytes, *headers: tuple[str, str | bytes]) -> Request:
    """A form posted to the token endpoint, encoded by the caller."""
    return Request("POST", TOKEN, (("Content-Type", FORM), *headers), body)


def by_basic(w: World, *pairs: tuple[str, str | bytes]) -> Request:
    """A form with right client authentication by `client_secret_basic`."""
    return form(*pairs, authorization=basic(w.app.client_id, w.app.client_secret))


def by_post(w: World, *pairs: tuple[str, str | bytes]) -> Request:
    """A client_credentials request with right `client_secret_post`, and `pairs` after it."""
    return form(*CLIENT_CREDENTIALS, *secret_post(w.app), *pairs)


def by_jwt(assertion: bytes, *pairs: tuple[str, str | bytes]) -> Request:
    """A client_credentials request with `client_secret_jwt`."""
    return form(*CLIENT_CREDENTIALS, *secret_jwt(assertion), *pairs)


def secret_post(app: Credential) -> Pairs:
    """The parameters of `client_secret_post`."""
    return (("client_id", app.client_id), ("client_secret", app.client_secret))


def secret_jwt(assertion: bytes) -> Pairs:
    """The parameters of `client_secret_jwt`."""
    return (("client_assertion_type", BEARER_TYPE), ("client_assertion", assertion))


CLIENT_CREDENTIALS: Pairs = (("grant_type", "client_credentials"),)
