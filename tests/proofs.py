"""Every way to prove a credential, in one go: the requests, and what the server said."""

import secrets
import time
from typing import Any

import httpx

from tests import jws
from tests.people import CLIENTS, Credential
from tests.protocol.table import (
    CLIENT_CREDENTIALS,
    basic,
    by_jwt,
    form,
    secret_post,
)
from tests.raw import Request, send
from tests.service import Service


def claims(service: Service, client_id: str, **changes: object) -> dict[str, Any]:
    """The claims of a right assertion, with `changes`."""
    now = int(time.time())
    right = {"iss": client_id, "sub": client_id, "aud": service.url, "iat": now, "exp": now + 60}
    return right | {"jti": secrets.token_urlsafe(16)} | changes


def by_secret(service: Service, app: Credential) -> dict[str, Request]:
    """A token request by each method that takes a secret."""
    assertion = jws.compact(
        b'{"alg":"HS256"}',
        jws.dump(claims(service, app.client_id)),
        app.client_secret.encode(),
    )
    return {
        "client_secret_basic": form(
            *CLIENT_CREDENTIALS, authorization=basic(app.client_id, app.client_secret)
        ),
        "client_secret_post": form(*CLIENT_CREDENTIALS, *secret_post(app)),
        "client_secret_jwt": by_jwt(assertion),
    }


def statuses(service: Service, app: Credential) -> set[int]:
    """What the methods that take a secret answer; one status where they agree."""
    return {send(service.port, request).status for request in by_secret(service, app).values()}


def with_secret(app: Credential, secret: str) -> Credential:
    """The same credential with another secret."""
    return Credential(app.client_id, secret, app.owner)


def secrets_of(app: Credential) -> str:
    """The path of its secrets."""
    return f"{CLIENTS}/{app.client_id}/secrets"


def keys_of(app: Credential) -> str:
    """The path of its keys."""
    return f"{CLIENTS}/{app.client_id}/jwks"


def rotate(http: httpx.Client, app: Credential, **members: object) -> Credential:
    """Make a new secret; the credential with it. Raises AssertionError if refused."""
    answer = http.post(secrets_of(app), json=members, headers=app.owner.bearer)
    assert answer.status_code == 201, answer.text
    return with_secret(app, answer.json()["client_secret"])
