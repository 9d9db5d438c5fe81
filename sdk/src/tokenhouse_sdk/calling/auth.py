"""The `httpx.Auth` that sends tokens along, and tries once more where one is refused."""

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx

from tokenhouse_sdk.calling.credentials import Credentials
from tokenhouse_sdk.calling.keeper import TokenKeeper
from tokenhouse_sdk.calling.patience import Patience
from tokenhouse_sdk.calling.sender_key import HEADER, NONCE_HEADER, USE_NONCE, SenderKey
from tokenhouse_sdk.calling.token_request import Token, TokenRequest


class TokenAuth(httpx.Auth):
    """Authenticates requests of any number of httpx clients, threads and tasks by one token."""

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
            patience: with a service that is away or busy.
            options: how to reach the token endpoint, as `httpx.Client` takes them: `verify`,
                `proxy`, `timeout`, `trust_env`.

        Raises:
            CredentialsError: there are none.

        """
        self._sender = SenderKey() if dpop is True else dpop or None
        asked = TokenRequest(
            credentials or Credentials.find(),
            " ".join(scopes) or None,
            resource,
            self._sender,
            patience,
        )
        self.keeper = TokenKeeper(asked, options)

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the token; after a 401 a fresh one, once."""
        token = self.keeper.get()
        response = yield self._signed(request, token)
        if self._wants_nonce(response):
            response = yield self._signed(request, token)
            self._wants_nonce(response)
        if self._is_stale(response, token):
            response = yield self._signed(request, self.keeper.get())
            self._wants_nonce(response)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the token; after a 401 a fresh one, once."""
        token = await self.keeper.get_async()
        response = yield self._signed(request, token)
        if self._wants_nonce(response):
            response = yield self._signed(request, token)
            self._wants_nonce(response)
        if self._is_stale(response, token):
            response = yield self._signed(request, await self.keeper.get_async())
            self._wants_nonce(response)

    def headers(self, method: str, url: str, token: Token) -> dict[str, str]:
        """Make the headers that send a token: itself, and a proof where it is bound to our key."""
        made = {"Authorization": f"{token.scheme} {token.value}"}
        if self._sender and token.scheme == "DPoP":
            made[HEADER] = self._sender.proof(method, url, token.value)
        return made

    def wants_nonce(self, url: str, status: int, headers: Mapping[str, str]) -> bool:
        """Keep the nonce that an answer brings; tells whether the API asks to use it."""
        if self._sender is None:
            return False
        self._sender.learn(url, headers.get(NONCE_HEADER))
        return status == HTTPStatus.UNAUTHORIZED and USE_NONCE in headers.get(
            "WWW-Authenticate", ""
        )

    def _signed(self, request: httpx.Request, token: Token) -> httpx.Request:
        request.headers.update(self.headers(request.method, str(request.url), token))
        return request

    def _wants_nonce(self, response: httpx.Response) -> bool:
        url = str(response.request.url)
        wants = self.wants_nonce(url, response.status_code, response.headers)
        return wants and _can_be_sent_again(response)

    def _is_stale(self, response: httpx.Response, token: Token) -> bool:
        refused = response.status_code == HTTPStatus.UNAUTHORIZED
        return refused and _can_be_sent_again(response) and self.keeper.drop(token)


def _can_be_sent_again(response: httpx.Response) -> bool:
    """Tell whether the request's body is in memory; one from a generator is gone."""
    return isinstance(response.request.stream, httpx.ByteStream)
