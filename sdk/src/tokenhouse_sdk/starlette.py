"""`RequireToken` for Starlette and every other ASGI application: a middleware.

    app = Starlette(routes, middleware=[Middleware(RequireToken, issuer=ISSUER)])

The claims are `request.state.claims`.
"""

from collections.abc import Sequence

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tokenhouse_sdk.checking.checker import TokenChecker
from tokenhouse_sdk.checking.requirement import Requirement, Unmet
from tokenhouse_sdk.checking.sent import Sent

_WEB_SOCKET_METHOD = "GET"  # RFC 6455 section 4.1


class RequireToken:
    """Lets through only requests, and web sockets, that bring a good token."""

    def __init__(  # noqa: PLR0913 - the application comes before them
        self,
        app: ASGIApp,
        issuer: str | TokenChecker,
        audience: str | Sequence[str] | None = None,
        *,
        scopes: Sequence[str] = (),
        realm: str = "api",
        base_url: str | None = None,
    ) -> None:
        """Take what `tokenhouse_sdk.checking.requirement.Requirement` takes."""
        self._app = app
        self._needed = Requirement(issuer, audience, scopes=scopes, realm=realm, base_url=base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        sent = Sent(
            asked.headers.getlist("authorization"),
            scope.get("method", _WEB_SOCKET_METHOD),
            str(asked.url),
            asked.headers.getlist("dpop"),
        )
        try:
            asked.state.claims = await self._needed.check_async(sent)
        except Unmet as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            answer = self._needed.answer(error)
            await JSONResponse(answer.body, answer.status, answer.headers)(scope, receive, send)
            return
        await self._app(scope, receive, send)
