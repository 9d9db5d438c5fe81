"""HTTP written byte by byte, for what a client refuses to send: headers twice, bad bytes.

Owns: one request on one connection, and reading its answer. Trap: a server that refuses a body
early may close while it is still being sent; what it answered must be read all the same.
"""

import contextlib
import http.client
import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests import canary
from tests.service import HOST

SECONDS = 30


@dataclass(frozen=True)
class Request:
    """What goes on the wire; `Host`, length and `Connection: close` are added unless `bare`."""

    method: str
    target: str
    headers: tuple[tuple[str, str | bytes], ...] = ()
    body: bytes = b""
    bare: bool = False

    def wire(self, port: int) -> bytes:
        """The octets of this request to the server on `port`."""
        lines = [f"{self.method} {self.target} HTTP/1.1".encode(), *map(_line, self._headers(port))]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    def _headers(self, port: int) -> Iterable[tuple[str, str | bytes]]:
        if self.bare:
            return self.headers
        named = {name.lower() for name, _ in self.headers}
        host = () if "host" in named else (("Host", f"{HOST}:{port}"),)
        sized = "transfer-encoding" in named or not (
            self.body or self.method in {"POST", "PUT", "PATCH"}
        )
        length = () if sized else (("Content-Length", str(len(self.body))),)
        return (*host, *self.headers, *length, ("Connection", "close"))


@dataclass(frozen=True)
class Answer:
    """A whole answer; `headers` keeps names that came twice."""

    status: int
    headers: http.client.HTTPMessage = field(repr=False)
    body: bytes

    def json(self) -> Any:
        """The body as JSON; raises ValueError or AssertionError if it is not or not said to be."""
        assert self.headers.get_content_type() == "application/json", self
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The value of a header that must not come twice; None when it is absent."""
        values = self.headers.get_all(name, [])
        assert len(values) <= 1, (name, values)
        return values[0] if values else None


def send(port: int, request: Request, source: str = HOST) -> Answer:
    """Send on a new connection; raises HTTPException when the server closes without an answer.

    `source` is the loopback address that the connection comes from.
    """
    with socket.create_connection((HOST, port), SECONDS, (source, 0)) as connection:
        canary.note_request(request.headers, request.body)
        with contextlib.suppress(ConnectionError):
            connection.sendall(request.wire(port))
        return receive(connection, request.method)


def receive(connection: socket.socket, method: str = "POST") -> Answer:
    """Read one answer; `method` tells whether it can have a body."""
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())


def _line(header: tuple[str, str | bytes]) -> bytes:
    name, value = header
    return name.encode() + b": " + (value.encode() if isinstance(value, str) else value)
