"""The composition root: Settings → Context → ASGI application; where all rooms meet.

The protocol's doors are found by one look into a dictionary; everything else goes to the console or
to the management API.
"""

from __future__ import annotations

import gc
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from tokenhouse import background
from tokenhouse.api.application import ROUTERS, make_api
from tokenhouse.api.caller import SENT_METHOD
from tokenhouse.api.documents import documents
from tokenhouse.console.application import Console
from tokenhouse.console.page import PATH as CONSOLE
from tokenhouse.context import Hot
from tokenhouse.crypto.secrets import make_id
from tokenhouse.endpoints import ENDPOINTS
from tokenhouse.endpoints.endpoint import NO_STORE, Door
from tokenhouse.endpoints.openapi import describe
from tokenhouse.endpoints.traced import traced
from tokenhouse.endpoints.watched import WatchedDoor
from tokenhouse.log import REQUEST
from tokenhouse.metrics.places import Watched
from tokenhouse.metrics.tally import CountingTally
from tokenhouse.oauth.origin import Origins

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from tokenhouse.context import Context
    from tokenhouse.endpoints.endpoint import Endpoint
    from tokenhouse.tracing import Tracing

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

_NEW_OBJECTS = 10_000  # before the collector looks at them


_DOCUMENTS, _OTHER = "documents", "other"
_NOUNS = frozenset("/".join(router.prefix.split("/")[:4]) for router in ROUTERS)
PLACES = (*sorted(_NOUNS), CONSOLE, _DOCUMENTS, _OTHER)  # what answers, beside the endpoints


def _noun(path: str) -> str:
    noun = "/".join(path.split("/")[:4])
    return noun if noun in _NOUNS else _OTHER


def _the(place: str) -> Callable[[str], str]:
    return lambda _path: place


def _tracing(context: Context) -> Tracing | None:
    if not context.settings.otlp_endpoint:
        return None
    from tokenhouse.tracing import Tracing  # noqa: PLC0415 - because it is an extra, and who asks for no traces needs none of it

    return Tracing(context.settings.otlp_endpoint, context.clock)


def _traced(context: Context, tracing: Tracing) -> Context:
    """Return the same context, what is asked of which many at a time has spans."""
    asked = {one.name: getattr(context.hot, one.name) for one in fields(Hot)}
    hot = Hot(**{name: tracing.batches(name, inner) for name, inner in asked.items()})
    return replace(context, hot=hot)


class Application:
    """The ASGI application of the whole service."""

    def __init__(self, context: Context) -> None:
        """Put the doors where their paths are."""
        self._tracing = _tracing(context)
        if self._tracing is not None:
            context = _traced(context, self._tracing)
        self._context = context
        self._origins = Origins(context.settings.trusted_proxies, make_id()[:8])
        on = [endpoint for endpoint in ENDPOINTS if endpoint.is_on(context.settings)]
        self._doors: dict[str, Asgi] = {endpoint.path: self._door(endpoint) for endpoint in on}
        pages = documents(context, describe(on, context.settings))
        self._doors |= {path: self._watched(page, _the(_DOCUMENTS)) for path, page in pages.items()}
        self._doors |= {path + "/": door for path, door in self._doors.items()}
        self._api = self._watched(_Headed(make_api(context)), _noun)
        self._console: Asgi | None = None
        if context.settings.console:
            self._console = self._watched(Console(context), _the(CONSOLE))

    def _door(self, endpoint: Endpoint) -> Asgi:
        tally, tracing = self._context.tally, self._tracing
        if tracing is not None:
            endpoint = traced(endpoint, tracing)
        door: Asgi = Door(endpoint, self._context)
        if isinstance(tally, CountingTally):
            door = WatchedDoor(endpoint, self._context, tally)
        return door if tracing is None else tracing.requests(door, _the(endpoint.path))

    def _watched(self, inner: Asgi, place_of: Callable[[str], str]) -> Asgi:
        """Count and trace at what is no endpoint, by the place that a path belongs to."""
        tally = self._context.tally
        if isinstance(tally, CountingTally):
            inner = Watched(inner, place_of, tally)
        return inner if self._tracing is None else self._tracing.requests(inner, place_of)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            scope["origin"] = origin = self._origins.origin(scope)
            REQUEST.set(origin)
            door = self._doors.get(scope["path"]) or self._beyond(scope["path"])
            await door(scope, receive, send)

    def _beyond(self, path: str) -> Asgi:
        """Return who answers at a path that is no endpoint's."""
        below = f"{path}/".startswith(CONSOLE + "/")
        return self._console if self._console and below else self._api

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        _collect_rarely()
        async with background.working(self._context):
            await send({"type": "lifespan.startup.complete"})
            await receive()
        self._context.close()
        if self._tracing is not None:
            self._tracing.close()
        await send({"type": "lifespan.shutdown.complete"})


def _collect_rarely() -> None:
    """Keep the collector from looking through all that was loaded, again and again.

    A request leaves next to nothing that only it can free: measured, it took a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


class _Headed:
    """The management API, with the headers that all answers have.

    One rule for trailing slashes and for HEAD stands here: a path with a slash is the path
    without, and HEAD is GET whose body the server drops.
    """

    def __init__(self, api: Asgi) -> None:
        self._api = api

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        inner = {**scope, "path": scope["path"].removesuffix("/") or "/"}
        if scope["method"] == "HEAD":
            inner["method"], inner[SENT_METHOD] = "GET", "HEAD"

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in message["headers"]}
                more = [(name, value) for name, value in NO_STORE if name not in named]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._api(inner, receive, headed)
