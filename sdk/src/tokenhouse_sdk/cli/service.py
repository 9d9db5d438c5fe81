"""Calls of the management API, and what its refusals become."""

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx

from tokenhouse_sdk.calling.credentials import Credentials
from tokenhouse_sdk.calling.session import Session
from tokenhouse_sdk.errors import TokenhouseError

CLIENTS = "/api/v1/clients"
ME = "/api/v1/users/me"
BASIC = "/api/v1/auth/jwt/token/basic"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Declined(TokenhouseError):
    """The management API refused; the message is its own."""


@contextmanager
def service(credentials: Credentials | None = None) -> Generator[Session]:
    """The service, called by the credentials that `th login` stored."""
    known = credentials or Credentials.find()
    with Session(known, base_url=known.url) as session:
        yield session


def taken(answer: httpx.Response, *members: str) -> Any:  # noqa: ANN401 - it is JSON
    """Return what the service answered, None where that is nothing; it must have these members.

    Raises:
        Declined: it refused, or is no Tokenhouse.

    """
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise Declined("the service knows no such app credentials of yours")
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        raise Declined(f"the service refused ({answer.status_code}): {_detail(answer)}")
    if answer.status_code == HTTPStatus.NO_CONTENT:
        return None
    try:
        found: Any = answer.json()
    except ValueError:
        found = None
    if found is None or not all(name in found for name in members):
        raise Declined("the service does not answer as Tokenhouse does; is the URL right?")
    return found


def checked_url(url: str) -> str:
    """Return a service's URL without a final slash.

    Raises:
        Declined: a password would be sent in clear over a network.

    """
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise Declined("that is no URL") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.host in _LOOPBACK):
        raise Declined("the URL must begin with https:// (http:// only for this very machine)")
    if parts.userinfo or parts.query or parts.fragment:
        raise Declined("the URL must be the service's alone: no user, query or fragment")
    return str(parts).rstrip("/")


def _detail(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
        return detail if isinstance(detail, str) else str(detail[0]["msg"])
    except (ValueError, LookupError, TypeError):
        return answer.reason_phrase
