"""A span for each request, which goes on with the caller's trace (W3C Trace Context)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    from tokenhouse.tracing.spans import Spans

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

_FAILED = 500
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_PARENT, _STATE = b"traceparent", b"tracestate"
_propagator = TraceContextTextMapPropagator()


class TracedRequests:
    """An ASGI application, with a span round each of its requests."""

    def __init__(self, inner: Asgi, place_of: Callable[[str], str], spans: Spans) -> None:
        """Take the application, and what tells the place of a path: a name, never the path."""
        self._inner, self._place_of, self._spans = inner, place_of, spans

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        place = self._place_of(scope["path"])
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        with self._spans.span(f"{method} {place}", SpanKind.SERVER, caller(scope)) as span:
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.route", place)
            span.set_attribute("tokenhouse.request_id", scope["origin"].request_id)

            async def seen(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= _FAILED:
                        span.set_status(Status(StatusCode.ERROR))
                await send(message)

            await self._inner(scope, receive, seen)


def caller(scope: Message) -> Context:
    """Return the span that the request says it belongs to; none where that is not well-formed."""
    parents = _all(scope["headers"], _PARENT)
    if len(parents) != 1:
        return Context()
    state = ",".join(_all(scope["headers"], _STATE))
    return _propagator.extract({"traceparent": parents[0], "tracestate": state}, Context())


def _all(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in headers if name == wanted]
