"""The port of the metrics: the same wire as the service's, on the same event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.server import ServerState

from tokenhouse.server import connections
from tokenhouse.server.metrics_page import MetricsPage
from tokenhouse.server.wire import Wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, MutableMapping

    from tokenhouse.context import Context
    from tokenhouse.metrics.tally import Board

    Message = MutableMapping[str, Any]

PATH = "/metrics"
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


class MetricsPort:
    """Answers `GET /metrics`, on a socket that the workers share."""

    def __init__(self, context: Context, board: Board, listening: socket.socket) -> None:
        """Prepare; nothing is accepted yet."""
        self._page, self._listening = MetricsPage(context, board), listening
        self._state = ServerState()
        self._config = uvicorn.Config(
            self._answer, interface="asgi3", lifespan="off", log_config=None, server_header=False
        )
        self._config.load()

    async def open(self) -> None:
        """Accept from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, sock=self._listening)

    def _connect(self) -> Wire:
        return Wire(self._config, self._state, {}, asyncio.get_running_loop())

    def close(self) -> None:
        """Accept no more: another worker will be asked from now on."""
        connections.drain(self._state)
        self._server.close()
        for connection in list(self._state.connections):
            cast("Wire", connection).shutdown()

    async def _answer(
        self,
        scope: Message,
        _receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        status, headers, body = 404, [_TEXT], b"The metrics are at /metrics.\n"
        if scope["method"] not in {"GET", "HEAD"}:
            status, headers, body = 405, [_TEXT, (b"allow", b"GET, HEAD")], b"GET or HEAD.\n"
        elif scope["path"].rstrip("/") == PATH:
            accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
            body, media_type = await self._page.render(accept)
            status, headers = 200, [(b"content-type", media_type.encode())]
        headers += [
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
