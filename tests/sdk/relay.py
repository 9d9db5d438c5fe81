"""A relay before a service: counts what is asked of it, and misbehaves when told to.

It is the service's issuer, so that whoever follows the issuer passes here. No part of the service
is imitated: what it answers by itself is what a proxy or a gone network would.
"""

from collections import Counter, deque
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import httpx

from tests.service import HOST, free_port

DROPPED = frozenset({"connection", "content-length", "date", "host", "server", "transfer-encoding"})
Canned = tuple[int, dict[str, str]]


class Relay:
    """Forwards to `target`; the first answers to a path may be `canned`."""

    def __init__(self) -> None:
        """Choose where to listen."""
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.target = ""
        self.away = False
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Forget what was asked, and behave."""
        self.away = False
        self.asked: Counter[str] = Counter()
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.canned: dict[str, deque[Canned]] = {}

    def next_canned(self, path: str) -> Canned | None:
        """Count a request; what to answer to it in place of the service."""
        with self._lock:
            self.asked[path] += 1
            queue = self.canned.get(path)
            return queue.popleft() if queue else None

    def can(self, path: str, *answers: Canned) -> None:
        """Answer the next requests to a path so."""
        self.canned[path] = deque(answers)

    @contextmanager
    def serve(self) -> Generator[None]:
        """Listen."""
        with (
            httpx.Client(trust_env=False, timeout=30) as http,
            _Server((HOST, self.port), _handler(self, http)) as server,
        ):
            thread = Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers that have gone."""


def _headers(given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in given if name.lower() not in DROPPED]


def _handler(relay: Relay, http: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            canned = relay.next_canned(path)
            if relay.away:
                self.close_connection = True
            elif canned:
                self.answer(canned[0], canned[1].items(), b"{}")
            else:
                url, headers = relay.target + self.path, _headers(self.headers.items())
                answer = http.request(self.command, url, content=body, headers=headers)
                relay.statuses[path, answer.status_code] += 1
                self.answer(answer.status_code, answer.headers.items(), answer.content)

        def answer(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for header in _headers(headers):
                self.send_header(*header)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = forward  # noqa: N815 - as http.server calls it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server calls it
            pass

    return Handler
