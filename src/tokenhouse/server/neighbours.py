"""Connections that wait for another worker are accepted here when it does not.

The kernel deals them out among the listeners, whether a worker accepts there or not. So each looks
at the others' ten times a second, and accepts where somebody waited the time before too: where a
worker is dead, hangs or has not begun, nobody waits for it. The trap: one that has only not woken
yet must not lose what was dealt to it.
"""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    import uvicorn

    from tokenhouse.server.wire import Wire

_MOST = 256  # connections of a listener at a time


class Neighbours:
    """The other workers, as far as one of them stands in for them."""

    def __init__(self, server: uvicorn.Server, listeners: Sequence[socket.socket]) -> None:
        """Take the server that serves what is accepted, and the listeners of the others."""
        self._server, self._listeners = server, {one.fileno(): one for one in listeners}
        self._waiting: set[int] = set()
        self._poll = select.poll()
        for number in self._listeners:
            self._poll.register(number, select.POLLIN)
        self._begun: set[asyncio.Task[object]] = set()

    def stand_in(self) -> None:
        """Accept for those who do not; to be called on the loop, several times a second."""
        waiting = {number for number, _ in self._poll.poll(0)}
        for number in waiting & self._waiting:
            self._accept(self._listeners[number])
        self._waiting = waiting

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_MOST):
            try:
                connection, _ = listener.accept()
            except OSError:  # nobody, or one that has gone again
                return
            self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        loop, config = asyncio.get_running_loop(), self._server.config
        task = loop.create_task(
            loop.connect_accepted_socket(self._protocol, connection, ssl=config.ssl)
        )
        self._begun.add(task)
        task.add_done_callback(self._ended)

    def _protocol(self) -> asyncio.Protocol:
        """Make what uvicorn makes for a connection that its own listener has accepted."""
        config = self._server.config
        made: type[Wire] = cast("Any", config.http_protocol_class)
        return made(
            config=config,
            server_state=self._server.server_state,
            app_state=self._server.lifespan.state,
        )

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # a handshake that failed is the caller's affair

    def end(self) -> None:
        """Accept no more: who comes now is for those who go on."""
        for number, listener in self._listeners.items():
            self._poll.unregister(number)
            listener.close()
        self._listeners = {}
