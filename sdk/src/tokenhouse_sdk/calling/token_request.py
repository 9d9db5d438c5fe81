"""Asking the token endpoint (RFC 6749 section 4.4), as steps without I/O.

Owns: the request, reading the answer, and when to try again. Who drives the steps sends and waits;
so threads and tasks share all of this.
"""

import json
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast

import httpx

from tokenhouse_sdk.calling.client_assertion import TYPE, client_assertion
from tokenhouse_sdk.calling.credentials import Credentials
from tokenhouse_sdk.calling.patience import BUSY, Patience, retry_after
from tokenhouse_sdk.calling.sender_key import NONCE_HEADER, USE_NONCE, SenderKey
from tokenhouse_sdk.errors import ServiceUnavailable, TokenRefused

PATH = "/api/v1/auth/jwt/token"
Step = httpx.Request | float
Answer = httpx.Response | httpx.TransportError | None


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; times are of its request's clock.

    Attributes:
        value: the token.
        scheme: how it is sent, `Bearer` or `DPoP`.
        got_at: when it was asked for.
        dead_at: when it ends.

    """

    value: str = field(repr=False)
    scheme: str
    got_at: float
    dead_at: float


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What is asked for.

    Attributes:
        credentials: who asks.
        scope: names with blanks between them; None: all that the credential may have.
        resource: the API that the token is for (RFC 8707).
        sender: binds the token to a key (RFC 9449).
        patience: with a service that is away or busy.
        clock: seconds that only grow, by which tokens age.

    """

    credentials: Credentials
    scope: str | None = None
    resource: str | None = None
    sender: SenderKey | None = None
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @property
    def url(self) -> str:
        """The token endpoint."""
        return self.credentials.url + PATH

    def steps(self) -> Generator[Step, Answer, Token]:
        """Yield requests to send and seconds to wait; take what was answered; return the token.

        Raises:
            TokenRefused: the service says no.
            ServiceUnavailable: it is away or too busy.

        """
        tried, nonce_is_new = 0, False
        while True:
            asked_at, tried = self.clock(), tried + 1
            answer = yield self._request()
            if isinstance(answer, httpx.Response):
                if answer.status_code == HTTPStatus.OK:
                    return _token(answer, asked_at)
                if self._wants_nonce(answer) and not nonce_is_new:
                    nonce_is_new, tried = True, tried - 1
                    continue
            assert answer is not None  # noqa: S101 - a request is answered
            wait = self.patience.pause(answer, tried)
            if wait is None:
                raise self._refusal(answer)
            yield wait

    def _request(self) -> httpx.Request:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": client_assertion(self.credentials),
            "scope": self.scope,
            "resource": self.resource,
        }
        given = {name: value for name, value in form.items() if value is not None}
        request = httpx.Request(
            "POST", self.url, data=given, headers={"Accept": "application/json"}
        )
        if self.sender:
            self.sender.sign(request)
        return request

    def _wants_nonce(self, answer: httpx.Response) -> bool:
        if self.sender is None:
            return False
        self.sender.learn(self.url, answer.headers.get(NONCE_HEADER))
        return _members(answer).get("error") == USE_NONCE

    def _refusal(self, answer: httpx.Response | httpx.TransportError) -> Exception:
        where = self.credentials.url
        if not isinstance(answer, httpx.Response):
            return ServiceUnavailable(f"{where} cannot be reached: {type(answer).__name__}")
        if answer.status_code in BUSY or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait = max(1, round(retry_after(answer)))
            return ServiceUnavailable(f"{where} answers {answer.status_code}", wait)
        said = _members(answer)
        error, description = said.get("error"), said.get("error_description")
        return TokenRefused(
            error if isinstance(error, str) else f"status {answer.status_code}",
            description if isinstance(description, str) else f"{self.url} is no token endpoint?",
            answer.status_code,
        )


def _members(answer: httpx.Response) -> dict[str, Any]:
    try:
        found: object = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _token(answer: httpx.Response, asked_at: float) -> Token:
    """Read a token response (RFC 6749 section 5.1); its life is counted from the question."""
    said = _members(answer)
    value, kind, life = (said.get(name) for name in ("access_token", "token_type", "expires_in"))
    if not isinstance(value, str) or not isinstance(life, int) or not isinstance(kind, str):
        raise TokenRefused("invalid_response", "the answer is no token response", 200)
    scheme = "DPoP" if kind.lower() == "dpop" else "Bearer"
    return Token(value, scheme, asked_at, asked_at + life)
