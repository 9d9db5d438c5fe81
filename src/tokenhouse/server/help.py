"""Who waits at the door of another worker is let in here.

The kernel deals connections out among the doors, whether somebody stands behind one or not. So each
worker looks at the others' a few times a second: where a worker is dead, hangs or has not begun,
nobody waits for it.
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

_MOST = 256  # at a door at a time


class Help:
    """One worker's, for the others."""

    def __init__(self, server: uvicorn.Server, doors: Sequence[socket.socket]) -> None:
        """Take the server that connections are for, and the doors of the others."""
        self._server, self._doors = server, {door.fileno(): door for door in doors}
        self._waiting: set[int] = set()
        self._poll = select.poll()
        for number in self._doors:
            self._poll.register(number, select.POLLIN)
        self._welcomes: set[asyncio.Task[object]] = set()

    def look(self) -> None:
        """Let in who waits; to be called on the loop, several times a second."""
        waiting = {number for number, _ in self._poll.poll(0)}
        for number in waiting & self._waiting:
            self._let_in(self._doors[number])
        self._waiting = waiting

    def _let_in(self, door: socket.socket) -> None:
        for _ in range(_MOST):
            try:
                connection, _ = door.accept()
            except OSError:  # nobody, or one that has gone again
                return
            self._welcome(connection)

    def _welcome(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        loop, config = asyncio.get_running_loop(), self._server.config
        welcome = loop.create_task(
            loop.connect_accepted_socket(self._protocol, connection, ssl=config.ssl)
        )
        self._welcomes.add(welcome)
        welcome.add_done_callback(self._welcomed)

    def _protocol(self) -> asyncio.Protocol:
        """Make what uvicorn makes for a connection that its own listener has accepted."""
        config = self._server.config
        made: type[Wire] = cast("Any", config.http_protocol_class)
        return made(
            config=config,
            server_state=self._server.server_state,
            app_state=self._server.lifespan.state,
        )

    def _welcomed(self, welcome: asyncio.Task[object]) -> None:
        self._welcomes.discard(welcome)
        if not welcome.cancelled():
            welcome.exception()  # a handshake that failed is the caller's affair

    def end(self) -> None:
        """Look no more: who comes now is for those who go on."""
        for number, door in self._doors.items():
            self._poll.unregister(number)
            door.close()
        self._doors = {}
