"""`Session` and `AsyncSession`: httpx's clients with tokens, and patience with a busy API."""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx

from tokenhouse_sdk.calling.auth import TokenAuth
from tokenhouse_sdk.calling.credentials import Credentials
from tokenhouse_sdk.calling.patience import Patience
from tokenhouse_sdk.calling.sender_key import SenderKey

_SHARED = ("verify", "cert", "proxy", "trust_env")
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class _Sending:
    """What both sessions have in common."""

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        scopes: Sequence[str] = (),
        resource: str | None = None,
        dpop: SenderKey | bool = False,
        patience: Patience = Patience(),  # noqa: B008 - it is frozen
        **options: Any,  # noqa: ANN401 - they are httpx's
    ) -> None:
        """Make one; no token is asked for yet.

        Args:
            credentials: in place of those in the environment or the file (`Credentials.find`).
            scopes: to ask for; none: all that the credential may have.
            resource: the API that tokens shall be for (RFC 8707).
            dpop: bind tokens to this key, or to a new one (RFC 9449).
            patience: with a service or an API that is away or busy.
            options: of the httpx client; `verify`, `cert`, `proxy` and `trust_env` hold for the
                token endpoint too.

        Raises:
            CredentialsError: there are none.

        """
        shared = {name: options[name] for name in _SHARED if name in options}
        auth = TokenAuth(
            credentials, scopes=scopes, resource=resource, dpop=dpop, patience=patience, **shared
        )
        self._patience = patience
        super().__init__(auth=auth, **options)  # type: ignore[call-arg]  # - httpx's client is next

    def _pause(self, response: httpx.Response, tried: int) -> float | None:
        """Seconds before the same request goes out again; None: take the answer.

        429 says that nothing was done; after 503 that is sure only of idempotent methods.
        """
        request, status = response.request, response.status_code
        again = request.method in _IDEMPOTENT or status == HTTPStatus.TOO_MANY_REQUESTS
        if not again or not isinstance(request.stream, httpx.ByteStream):
            return None
        return self._patience.pause(response, tried)


class Session(_Sending, httpx.Client):
    """An `httpx.Client` that authenticates itself; any number of threads may share it."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401 - they are httpx's
        """Send a request, again where the API is busy."""
        tried = 1
        while True:
            response = super().send(request, **options)
            wait = self._pause(response, tried)
            if wait is None:
                return response
            response.close()
            time.sleep(wait)
            tried += 1


class AsyncSession(_Sending, httpx.AsyncClient):
    """An `httpx.AsyncClient` that authenticates itself; any number of tasks may share it."""

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401 - they are httpx's
        """Send a request, again where the API is busy."""
        tried = 1
        while True:
            response = await super().send(request, **options)
            wait = self._pause(response, tried)
            if wait is None:
                return response
            await response.aclose()
            await asyncio.sleep(wait)
            tried += 1
