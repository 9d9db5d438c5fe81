"""Tokens for programs that use `requests` (the extra `requests`)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from tokenhouse_sdk.calling.auth import TokenAuth as HttpxTokenAuth
from tokenhouse_sdk.calling.credentials import Credentials
from tokenhouse_sdk.calling.token_request import Token


class TokenAuth(AuthBase):
    """Authenticates requests: `session.auth = TokenAuth()`. Any number of threads may share it."""

    def __init__(self, credentials: Credentials | None = None, **options: Any) -> None:  # noqa: ANN401 - see there
        """Take what `tokenhouse_sdk.TokenAuth` takes.

        Raises:
            CredentialsError: there are no credentials.

        """
        self._auth = HttpxTokenAuth(credentials, **options)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put a token into a request, and see to it that a refused one is replaced once."""
        token = self._auth.keeper.get()
        self._sign(request, token)
        untyped: Any = request
        untyped.register_hook("response", self._after(request, token))
        return request

    def _sign(self, request: requests.PreparedRequest, token: Token) -> None:
        request.headers.update(self._auth.headers(request.method or "", request.url or "", token))

    def _after(
        self, request: requests.PreparedRequest, token: Token
    ) -> Callable[..., requests.Response]:
        """Make the hook of one request.

        The trap: after a redirect it sees another host's answer.
        """
        origin, tried = _origin(request.url), False

        def after(response: requests.Response, **options: Any) -> requests.Response:  # noqa: ANN401 - they are its
            nonlocal tried
            if tried or _origin(response.request.url) != origin:
                return response
            wants_nonce = self._auth.wants_nonce(
                response.url, response.status_code, response.headers
            )
            if response.status_code != HTTPStatus.UNAUTHORIZED or not _can_be_sent_again(response):
                return response
            if not wants_nonce and not self._auth.keeper.drop(token):
                return response
            tried = True
            again = response.request.copy()
            self._sign(again, token if wants_nonce else self._auth.keeper.get())
            response.content  # noqa: B018 - the connection is free once the answer is read
            response.close()
            answer: requests.Response = response.connection.send(again, **options)
            answer.history.append(response)
            answer.request = again
            return answer

        return after


def _origin(url: str | None) -> tuple[str, str]:
    parts = urlsplit(url or "")
    return parts.scheme, parts.netloc


def _can_be_sent_again(response: requests.Response) -> bool:
    """Tell whether the request's body is in memory."""
    return not hasattr(response.request.body, "__next__") and not hasattr(
        response.request.body, "read"
    )
