"""Counting at what is no protocol endpoint: by the place that answered, and by the status."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from tokenhouse.metrics.families import FAILED, OK, REFUSED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from tokenhouse.metrics.tally import Tally

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

_REFUSED, _FAILED = 400, 500


class Watched:
    """An ASGI application, with its requests counted before they are answered."""

    def __init__(self, inner: Asgi, place_of: Callable[[str], str], tally: Tally) -> None:
        """Take the application, and what tells the place of a path: one of those known before."""
        self._inner, self._place_of, self._tally = inner, place_of, tally

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        place, begun = self._place_of(scope["path"]), perf_counter_ns()

        def count(status: int) -> None:
            outcome = OK if status < _REFUSED else REFUSED if status < _FAILED else FAILED
            self._tally.add("requests", place, "", "", outcome)
            self._tally.observe("request_seconds", place, number=perf_counter_ns() - begun)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        await self._inner(scope, receive, counted)
