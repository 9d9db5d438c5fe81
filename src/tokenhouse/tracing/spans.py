"""Making spans and sending them on, by OpenTelemetry's own SDK.

The provider is ours alone and not the process's, so that no library adds spans of its own, which
would have paths and queries in them.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import wraps
from importlib.metadata import version
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, get_current_span

from tokenhouse.oauth.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    Function = Callable[..., Any]

_END_SECONDS = 1.0  # for what is left to send when the process ends


class Spans:
    """Makes the spans of this process, and sends them to a collector."""

    def __init__(self, collector: str, clock: Callable[[], float]) -> None:
        """Begin.

        Args:
            collector: base URL of one that takes OTLP over HTTP. All else that the SDK can be told
                it reads from the `OTEL_…` variables of the environment.
            clock: unix seconds.

        """
        named = {"service.name": "tokenhouse", "service.version": version("tokenhouse")}
        told = OTELResourceDetector().detect().attributes
        self.clock = clock
        self._provider = TracerProvider(
            resource=Resource.create({**named, **told}), shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(endpoint=f"{collector}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self.tracer = self._provider.get_tracer("tokenhouse", version("tokenhouse"))

    def close(self) -> None:
        """Send what is left, as far as that goes within a second."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(_END_SECONDS)

    @contextmanager
    def span(
        self, name: str, kind: SpanKind = SpanKind.INTERNAL, parent: Context | None = None
    ) -> Generator[Span]:
        """Open a span for what is done inside; a refusal gives it a code, never its text."""
        with self.tracer.start_as_current_span(
            name, parent, kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except OAuthError as refusal:
                span.set_attribute("error.type", refusal.code)
                raise
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def step(self, name: str, function: Function) -> Function:
        """Return the same function, in a span of its own where the request's is kept."""
        if iscoroutinefunction(function):

            @wraps(function)
            async def traced(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - because they are the function's own
                if not get_current_span().is_recording():
                    return await function(*args, **named)
                with self.span(name):
                    return await function(*args, **named)

            return traced

        @wraps(function)
        def traced_now(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - likewise, because they are handed on
            if not get_current_span().is_recording():
                return function(*args, **named)
            with self.span(name):
                return function(*args, **named)

        return traced_now
