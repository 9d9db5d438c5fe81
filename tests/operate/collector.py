"""A collector of traces, as OpenTelemetry's exporter finds one: OTLP over HTTP on loopback."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.service import HOST


@dataclass
class Collector:
    """What has come, whole and as spans."""

    bodies: list[bytes] = field(default_factory=list[bytes])
    resource: dict[str, str] = field(default_factory=dict[str, str])
    spans: list[Span] = field(default_factory=list[Span])

    def __enter__(self) -> Self:
        """Listen."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces"
                collector.take(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own word
                pass

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def take(self, body: bytes) -> None:
        """Take what an exporter sends."""
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            said = resource.resource.attributes
            self.resource = {one.key: one.value.string_value for one in said}
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def wait_for(self, wanted: Callable[[Span], bool]) -> Span:
        """Wait for such a span: a request's comes after those inside it. Raises AssertionError."""
        until = time.monotonic() + 30
        while not (found := [span for span in self.spans if wanted(span)]):
            assert time.monotonic() < until, [span.name for span in self.spans[-50:]]
            time.sleep(0.02)
        return found[0]

    def inside(self, span: Span) -> list[Span]:
        """The spans right inside one, in the order in which they began."""
        found = [one for one in self.spans if one.parent_span_id == span.span_id]
        return sorted(found, key=lambda one: one.start_time_unix_nano)
