"""The shape of the catalogue: what is sent, octet by octet, and the only right answer.

Owns: one exchange on one connection, read until the server ends it. Trap: a row that is answered
and kept open would hide a second request, so every row must end its connection.
"""

import contextlib
import io
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import IO

from tests.protocol.table import World
from tests.raw import Answer, Request
from tests.service import HOST

SECONDS = 20
Sent = Callable[[World], bytes]


@dataclass(frozen=True)
class Hostile:
    """One row; `right` are the statuses in their order, `source` is a clause, a CVE or ours."""

    name: str
    source: str
    sent: Sent
    right: tuple[int, ...]


def raw(*lines: bytes, body: bytes = b"") -> Sent:
    """These lines, ended with CR LF, and an empty one; HOST stands for a good Host header."""
    return lambda w: (
        b"".join(line + b"\r\n" for line in (*lines, b"")).replace(
            b"HOST", f"Host: {HOST}:{w.service.port}".encode()
        )
        + body
    )


def http(method: str, target: str, *headers: tuple[str, str | bytes], body: bytes = b"") -> Sent:
    """A request that is well-formed HTTP."""
    return lambda w: Request(method, target, headers, body).wire(w.service.port)


def built(build: Callable[[World], Request]) -> Sent:
    """A request that is well-formed HTTP, made from the world."""
    return lambda w: build(w).wire(w.service.port)


def exchange(port: int, octets: bytes) -> list[Answer]:
    """Send, and read all answers until the server ends the connection; raises TimeoutError."""
    received = b""
    with socket.create_connection((HOST, port), SECONDS) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(octets)
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(65_536):
                received += more
    return list(_answers(received, is_head=octets.startswith(b"HEAD")))


class _Kept(io.BytesIO):
    """What was received, as the socket that the standard library reads from."""

    def close(self) -> None:
        """Stay open: the next answer follows."""

    def makefile(self, _mode: str) -> IO[bytes]:
        """Be its own file."""
        return self


def _answers(received: bytes, *, is_head: bool) -> Iterator[Answer]:
    stream = _Kept(received)
    while stream.tell() < len(received):
        answer = HTTPResponse(stream, method="HEAD" if is_head else "GET")  # type: ignore[arg-type]  # - only makefile is asked of it
        answer.begin()
        yield Answer(answer.status, answer.headers, answer.read())
