"""A receiver of webhooks on the loopback, which checks signatures as the guide says."""

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import trustme

from tests.people import Person
from tests.service import HOST, Service, free_port

WEBHOOKS = "/api/v1/webhooks"
GUIDE = Path(__file__).parents[2] / "docs/guides/webhooks.md"
Json = dict[str, Any]


def verifier() -> Callable[[str, Any, bytes], None]:
    """The function `verify` of the guide."""
    text = GUIDE.read_text("utf-8")
    block = re.search(r"^```python\n(.*?)^# It listens", text, re.MULTILINE | re.DOTALL)
    assert block
    names: Json = {}
    exec(block[1], names)  # noqa: S102 - it is our own page
    verify: Callable[[str, Any, bytes], None] = names["verify"]
    return verify


VERIFY = verifier()


def until(seen: Callable[[], object], why: Callable[[], object] = lambda: "not seen") -> None:
    """Wait for what happens in the background; raises AssertionError."""
    end = time.monotonic() + 60  # a loaded machine may be late
    while not seen():
        assert time.monotonic() < end, why()
        time.sleep(0.05)


@dataclass(frozen=True)
class Got:
    """One message as it came."""

    path: str
    headers: Any
    body: bytes

    @property
    def message(self) -> Json:
        """What it says."""
        found: Json = json.loads(self.body)
        return found


class Receiver:
    """A server that answers each POST with `status`; `got` are the messages."""

    def __init__(self, authority: trustme.CA | None = None, *, port: int | None = None) -> None:
        """Start it; `close` ends it."""
        self.port, self.status = port or free_port(), 204
        self.got: list[Got] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(Got(self.path, self.headers, body))
                self.send_response(outer.status)
                if outer.status == 302:
                    self.send_header("Location", f"{outer.url}elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                pass

        self.url = f"http://{HOST}:{self.port}/hook?a=b"
        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        if authority is not None:
            self.url = self.url.replace("http:", "https:")
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            authority.issue_cert(HOST).configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - half typed, because of pyOpenSSL
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def of(self, type_: str, text: str = "") -> list[Got]:
        """The messages of a type that speak of something."""
        return [one for one in self.got if one.message["type"] == type_ and text in str(one.body)]

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Mute:
    """Takes connections and says `words`, or nothing and keeps them open."""

    def __init__(self, words: bytes | None = None) -> None:
        """Start it; `close` ends it."""
        self._socket = socket.create_server((HOST, 0))
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}/"
        self.taken: list[socket.socket] = []
        self._words = words
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def _take(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            self.taken.append(one)
            if self._words is not None:
                with suppress(OSError):  # the service may have had enough
                    one.recv(65_536)
                    one.sendall(self._words)
                    one.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End it."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for one in self.taken:
            one.close()


@dataclass(frozen=True)
class Teller:
    """A service whose administrator has webhooks."""

    service: Service
    http: httpx.Client
    admin: Person

    def ask(self, method: str, path: str = "", body: object = None) -> httpx.Response:
        """Ask below `/api/v1/webhooks`."""
        return self.http.request(method, WEBHOOKS + path, json=body, headers=self.admin.bearer)

    def add(self, url: str, *events: str) -> Json:
        """Add a webhook."""
        answer = self.ask("POST", body={"url": url, "events": events})
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    def delete(self, webhook: Json) -> None:
        """Delete a webhook."""
        assert self.ask("DELETE", f"/{webhook['id']}").status_code == 204

    def log(self, webhook: Json, type_: str = "") -> list[Json]:
        """What it was told, newest first."""
        found: list[Json] = self.ask("GET", f"/{webhook['id']}/deliveries").json()
        return [one for one in found if type_ in one["type"]]
