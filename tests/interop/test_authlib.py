"""Authlib's three clients, every way in: a token from the endpoint in the metadata, an API's 200.

Trap: Authlib carries no types, hence `Any`; and its clients on httpx warn, on import, that they
want httpx's successor.
"""

import asyncio
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from tests.interop.conftest import Place
from tests.people import Credential, Person

with warnings.catch_warnings():
    deprecate: Any = import_module("authlib.deprecate")  # which sets a warning filter of its own
    warnings.simplefilter("ignore", deprecate.AuthlibDeprecationWarning)
    httpx_client: Any = import_module("authlib.integrations.httpx_client")
    requests_client: Any = import_module("authlib.integrations.requests_client")
    rfc7523: Any = import_module("authlib.oauth2.rfc7523")
    rfc8414: Any = import_module("authlib.oauth2.rfc8414")

Made = dict[str, Any]
"""What a client object is made with."""
Asked = dict[str, Any]
"""What its `fetch_token` is given beside the token endpoint."""
Got = tuple[dict[str, Any], Any]
"""The token response, and the API's response."""


def on_requests(place: Place, made: Made, asked: Asked) -> Got:
    """`OAuth2Session`, which is a requests session."""
    with requests_client.OAuth2Session(**made) as session:
        return session.fetch_token(place.token_url, **asked), session.get(place.api_url)


def on_httpx(place: Place, made: Made, asked: Asked) -> Got:
    """`OAuth2Client`, which is an httpx client."""
    with httpx_client.OAuth2Client(**made) as client:
        return client.fetch_token(place.token_url, **asked), client.get(place.api_url)


def on_async_httpx(place: Place, made: Made, asked: Asked) -> Got:
    """`AsyncOAuth2Client`."""

    async def use() -> Got:
        async with httpx_client.AsyncOAuth2Client(**made) as client:
            return await client.fetch_token(place.token_url, **asked), await client.get(
                place.api_url
            )

    return asyncio.run(use())


Use = Callable[[Place, Made, Asked], Got]
USES = pytest.mark.parametrize(
    "use", [on_requests, on_httpx, on_async_httpx], ids=["requests", "httpx", "async-httpx"]
)

Method = Callable[[Place], Any]
BY_SECRET, BY_ASSERTION = "RFC 6749 section 2.3.1", "RFC 7523 section 2.2"
METHODS: dict[str, tuple[str, Method]] = {
    "client_secret_basic": (BY_SECRET, lambda _: "client_secret_basic"),
    "client_secret_post": (BY_SECRET, lambda _: "client_secret_post"),
    "client_secret_jwt": (BY_ASSERTION, lambda at: secret_jwt(at.token_url)),
    "client_secret_jwt-to-issuer": (BY_ASSERTION, lambda at: secret_jwt(at.issuer)),
    "client_secret_jwt-HS384": (BY_ASSERTION, lambda at: secret_jwt(at.issuer, alg="HS384")),
    "client_secret_jwt-HS512": (BY_ASSERTION, lambda at: secret_jwt(at.issuer, alg="HS512")),
}


def secret_jwt(audience: str, **options: str) -> Any:
    """Authlib's `client_secret_jwt`; what it calls `token_endpoint` is the assertion's audience."""
    return rfc7523.ClientSecretJWT(audience, **options)


def no_client(_client: Any, _method: str, *request: Any) -> tuple[Any, ...]:
    """A client authentication method that leaves address, header and body as they are."""
    return request


@USES
@pytest.mark.parametrize(
    "method",
    [
        pytest.param(method, id=name, marks=pytest.mark.clause(clause))
        for name, (clause, method) in METHODS.items()
    ],
)
def test_client_credentials(place: Place, app: Credential, use: Use, method: Method) -> None:
    """By each client authentication method, the API sees the credential and its owner."""
    made = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "token_endpoint_auth_method": method(place),
    }
    token, answer = use(place, made, {"grant_type": "client_credentials"})
    assert token["token_type"].lower() == "bearer"
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "sub": app.client_id,
        "user_id": app.owner.id,
        "client_id": app.client_id,
    }


@USES
@pytest.mark.clause("RFC 6749 section 4.3.2")
@pytest.mark.parametrize(
    "made",
    [{"token_endpoint_auth_method": no_client}, {}],
    ids=["nothing", "client_id-None"],
)
def test_password(place: Place, someone: Person, use: Use, made: Made) -> None:
    """Without a client: told to add nothing of one, and untold, which adds `client_id=None`."""
    _, answer = use(place, made, {"username": someone.email, "password": someone.password})
    assert answer.status_code == 200, answer.text
    assert answer.json()["sub"] == someone.id


@USES
@pytest.mark.clause("RFC 6749 section 4.3.2")
def test_password_for_a_client(place: Place, app: Credential, use: Use) -> None:
    """With app credentials beside the password, the token is the user's and names the client."""
    made = {"client_id": app.client_id, "client_secret": app.client_secret}
    _, answer = use(place, made, {"username": app.owner.email, "password": app.owner.password})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "sub": app.owner.id,
        "user_id": app.owner.id,
        "client_id": app.client_id,
    }


MEMBERS = {*rfc8414.AuthorizationServerMetadata.REGISTRY_KEYS}
TAKEN_FOR_ABSENT = {"response_types_supported"}  # because it is empty


@pytest.mark.clause("RFC 8414 section 2")
@pytest.mark.parametrize("member", sorted(MEMBERS - TAKEN_FOR_ABSENT))
def test_metadata(place: Place, member: str) -> None:
    """Authlib's own check of each member."""
    metadata = rfc8414.AuthorizationServerMetadata(place.metadata)
    getattr(metadata, f"validate_{member}")()
