"""The wire: HTTP/1.1 (RFC 9112) where the connection is made, within size and time.

The application hears of a request when it has arrived whole, so a slow sender holds a
connection and nothing else. The traps: an answer to a malformed request must not overtake the
answers to those before it; trailers must not turn into headers (RFC 9110 section 6.5.1); a
timer per request would cost what a whole header costs, so one sweep looks after all connections.

Built on the inner parts of uvicorn's protocol, hence the narrow pin in pyproject.toml.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tokenhouse.log import LOGGER
from tokenhouse.metrics.tally import NO_TALLY, Tally
from tokenhouse.server import connections, head, refusals
from tokenhouse.server.cycle import Cycle
from tokenhouse.server.head import MOST_BODY, MOST_HEAD
from tokenhouse.server.refusals import Refusal

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

HEAD_SECONDS = 10
BODY_SECONDS = 10
IDLE_SECONDS = 15
DRAIN_SECONDS = 10  # for a reader that does not take its answer
LINGER_SECONDS = 2  # so that a refusal is read before a reset can overtake it
_MOST_PIPELINED = 64
_MOST_OCTETS = MOST_HEAD + 8 * MOST_BODY  # of one request, with chunk sizes and trailers


class Wire(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        tally: Tally = NO_TALLY,
    ) -> None:
        """Prepare; as uvicorn calls it, but for `tally`, where refusals are counted."""
        super().__init__(config, server_state, app_state, _loop)
        self._asgi = cast("ASGI3Application", config.loaded_app)  # pyright: ignore[reportUnknownMemberType] - uvicorn types it loosely
        self._tally = tally
        self.deadline = inf  # of the loop's clock: when `expire` is due
        self._open = False  # a request has begun to arrive and is not whole
        self._begun = self._octets = 0  # requests that have begun here; octets of the open one
        self._waiting = False  # its turn has come, its body has not
        self._busy = False  # the application is at work
        self._refused: Refusal | None = None
        self._deaf = False  # whatever arrives is dropped
        self._skipped = b""  # how the body is framed that the parser does not see

    # Arriving

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # noqa: D102 - asyncio's own; its base narrows the transport too
        super().connection_made(transport)
        self.deadline = self.loop.time() + HEAD_SECONDS
        connections.watch(self.loop, self.server_state)
        if connections.are_draining(self.server_state):
            self.shutdown()

    def data_received(self, data: bytes) -> None:
        """Take what has arrived; nothing of it may lead further than a refusal."""
        if self._deaf:
            return
        was_open, begun = self._open, self._begun
        try:
            self._feed(data)
            if self._open and was_open + self._begun - begun == 1:  # all of it is this request's
                self._count(len(data))
        except Refusal as refusal:
            self._refuse(refusal)
        except httptools.HttpParserError as error:
            unknown_method = isinstance(error, httptools.HttpParserInvalidMethodError)
            alone = not was_open and self._begun - begun <= 1
            self._refuse(refusals.malformed(data, unknown_method=unknown_method and alone))

    def _feed(self, data: bytes) -> None:
        """Feed the parser; an offer of another protocol is not taken up (RFC 9110 section 7.8)."""
        while data and not self._deaf:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offered:
                data = data[offered.args[0] :]
                if self._skipped:
                    self._read_skipped()
            except httptools.HttpParserCallbackError as error:
                if isinstance(error.__context__, Refusal):
                    raise error.__context__ from None
                raise
            else:
                return

    def _read_skipped(self) -> None:
        """Read the body that the parser leaves out where an upgrade is offered, then no more."""
        self.parser = httptools.HttpRequestParser(_Body(self))
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + self._skipped + b"\r\n\r\n")
        self._skipped = b""
        self.cycle.keep_alive = False

    def _count(self, octets: int) -> None:
        self._octets += octets
        if not self._waiting and not self.pipeline and self._octets > MOST_HEAD:
            raise refusals.head_too_large()
        if self._octets > _MOST_OCTETS:
            raise refusals.body_too_large()

    # What the parser finds

    def on_message_begin(self) -> None:
        """Begin a request, and its header deadline."""
        super().on_message_begin()
        self._open = True
        self._begun += 1
        self._octets = 0
        self.deadline = self.loop.time() + HEAD_SECONDS

    def on_header(self, name: bytes, value: bytes) -> None:  # noqa: D102 - its base says
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Check the head; let the application begin when it is its turn and the body is here.

        Raises:
            Refusal: the parser hands it on.

        """
        method, version = self.parser.get_method(), self.parser.get_http_version()
        said = head.check(method, version, self.url, self.headers)
        raw_path, query = head.target(self.url)
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise Refusal(429, "Too many requests at once on one connection.")
        path = raw_path.decode("ascii")
        self.scope["method"] = method.decode("ascii")
        self.scope["http_version"] = version
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"] = raw_path
        self.scope["query_string"] = query
        self.cycle = self._make_cycle(version, waits=said.waits)
        if self.parser.should_upgrade():
            self._skipped = said.framing
        self.headers = []  # trailers come here, and nobody reads them
        if self._busy:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self._asgi))
        else:
            self._begin(self.cycle)

    def _make_cycle(self, version: str, *, waits: bool) -> Cycle:
        return Cycle(
            self.scope,
            self.transport,
            self.flow,
            self.logger,
            self.access_logger,
            self.access_log,
            self.server_state.default_headers,
            asyncio.Event(),
            waits,
            version == "1.1"
            and self.parser.should_keep_alive()
            and not connections.are_draining(self.server_state),
            self.on_response_complete,
        )

    def on_body(self, body: bytes) -> None:
        """Gather the body.

        Raises:
            Refusal: it is beyond 64 KiB, however it is sent.

        """
        if not self._open:  # of a request behind the last one that is read
            return
        self.cycle.body += body
        if len(self.cycle.body) > MOST_BODY:
            raise refusals.body_too_large()

    def on_message_complete(self) -> None:
        """Hand the request over, now that it is whole."""
        if self._skipped or not self._open:
            return
        self._deaf = self._deaf or not self.cycle.keep_alive
        self._open = False
        self.cycle.more_body = False
        self.cycle.message_event.set()
        if self._waiting:
            self._waiting = False
            self._begin(self.cycle)

    # Answering, in the order of the requests

    def _begin(self, cycle: RequestResponseCycle) -> None:
        """Let the application begin, or wait for the rest of the body."""
        if cycle.more_body:
            self._waiting = True
            self.deadline = self.loop.time() + BODY_SECONDS
            if cycle.waiting_for_100_continue:
                cycle.waiting_for_100_continue = False
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        else:
            self._busy = True
            self.deadline = inf
            self._start_asgi_task(cycle, self._asgi)

    def on_response_complete(self) -> None:
        """Go on with what waits: the next request, a refusal, or silence."""
        self.server_state.total_requests += 1
        self._busy = False
        self.deadline = self.loop.time() + (HEAD_SECONDS if self._open else IDLE_SECONDS)
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._begin(self.pipeline.pop()[0])
        elif self._refused is not None:
            self._answer(self._refused)
        if not self.pipeline:
            self.flow.resume_reading()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer a request that goes no further, after those before it."""
        self._refused = refusal
        self._deaf = True
        self._waiting = False
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()
        if not self._busy:
            self._answer(refusal)

    def _answer(self, refusal: Refusal) -> None:
        self._tally.add("wire_refusals", str(refusal.status))
        LOGGER.info("request refused", extra={"status": refusal.status, "reason": refusal.detail})
        is_head = self._begun > 0 and self.parser.get_method() == b"HEAD"
        more = self.server_state.default_headers
        self.transport.write(refusal.written(more, with_body=not is_head))
        self.deadline = self.loop.time() + LINGER_SECONDS
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def eof_received(self) -> bool:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - its base never keeps one open
        """Let a client that has sent all it wants still get its answer: True keeps it open."""
        self._deaf = True
        if self._busy:
            self.cycle.keep_alive = False
        return self._busy

    # Time

    def shutdown(self) -> None:
        """Answer what has begun, or comes within a moment, and close."""
        if self._busy or self._waiting:
            self.cycle.keep_alive = False
            self._deaf = self._deaf or not self._open
        elif not self._open:
            self.deadline = self.loop.time() + connections.LAST_SECONDS

    def expire(self) -> None:
        """End what has taken too long."""
        if self.transport.is_closing() or self.flow.write_paused:
            self.transport.abort()
        elif self._busy:
            return
        elif self._open and self._refused is None:
            self._refuse(refusals.too_slow())
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Give a reader that falls behind some time to catch up."""
        super().pause_writing()
        self.deadline = self.loop.time() + DRAIN_SECONDS

    def resume_writing(self) -> None:
        """Go on: the reader has caught up."""
        super().resume_writing()
        self.deadline = inf if self._busy else self.loop.time() + IDLE_SECONDS


class _Body:
    """What a parser calls that reads a body alone."""

    def __init__(self, wire: Wire) -> None:
        self.on_body = wire.on_body
        self.on_message_complete = wire.on_message_complete
