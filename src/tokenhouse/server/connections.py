"""All connections of a server together: one sweep ends what is overdue; and they drain.

A connection that is idle when the server ends gets a moment more: a request may be on its way, and
its answer then says that the connection closes (RFC 9112 section 9.6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast
from weakref import WeakSet

if TYPE_CHECKING:
    import asyncio

    from uvicorn.server import ServerState

LAST_SECONDS = 0.5  # for a request that is on its way when the server ends
_SWEEP_SECONDS = 0.5
_swept: WeakSet[ServerState] = WeakSet()
_draining: WeakSet[ServerState] = WeakSet()


class Connection(Protocol):
    """One of them: when it is overdue (the loop's clock), and what to do then."""

    deadline: float

    def expire(self) -> None: ...  # noqa: D102 - the class says


def watch(loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
    """Sweep the connections of a server from now on; asked again, it does nothing."""
    if state not in _swept:
        _swept.add(state)
        loop.call_later(_SWEEP_SECONDS, _sweep, loop, state)


def _sweep(loop: asyncio.AbstractEventLoop, state: ServerState) -> None:
    now = loop.time()
    for connection in cast("list[Connection]", list(state.connections)):
        if connection.deadline <= now:
            connection.expire()
    loop.call_later(_SWEEP_SECONDS, _sweep, loop, state)


def drain(state: ServerState) -> None:
    """Let no connection of this server outlive its next request."""
    _draining.add(state)


def are_draining(state: ServerState) -> bool:
    """Tell whether the server ends."""
    return state in _draining
