"""Senders and readers that take their time (CVE-2007-6750): ended, and nobody waits for them.

Contract section 5: 10 s for the head, 10 s for the body, 15 s of silence. No clock is read here:
what counts is that the server ends each by itself, and answers others meanwhile.
"""

import contextlib
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.people import TOKEN
from tests.protocol.table import World, by_post
from tests.raw import Request, receive, send
from tests.service import HOST

LONGEST = 40  # seconds that a test waits before it says that nobody ended the connection
HEAD = f"POST {TOKEN} HTTP/1.1\r\nHost: {HOST}\r\n".encode()
SLOW: dict[str, tuple[bytes, bytes, int | None]] = {
    "silent": (b"", b"", None),
    "line": (b"GE", b"", 408),
    "head": (HEAD, b"", 408),
    "head-dripped": (HEAD, b"X: y\r\n", 408),
    "value-dripped": (HEAD + b"X: ", b"y", 408),
    "body": (HEAD + b"Content-Length: 60000\r\n\r\n", b"", 408),
    "body-dripped": (HEAD + b"Content-Length: 60000\r\n\r\n", b"a", 408),
    "chunks-dripped": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", 408),
    "extension-dripped": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1", b";a", 408),
    "trailers-dripped": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n", 408),
    "expects": (HEAD + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n", b"", 408),
    "empty-lines": (b"\r\n", b"\r\n", None),
}


def drip(connection: socket.socket, piece: bytes, ended: threading.Event) -> None:
    """Send a piece a second until the connection ends."""
    with contextlib.suppress(OSError):
        while not ended.wait(1):
            connection.sendall(piece)


@pytest.fixture(scope="module")
def ends(world: World) -> Iterator[dict[str, Future[int | None]]]:
    """How each of them ends; they are slow at the same time, or it would take minutes."""
    with ThreadPoolExecutor(len(SLOW)) as threads:
        yield {name: threads.submit(end, world.service.port, *SLOW[name][:2]) for name in SLOW}


def end(port: int, begin: bytes, piece: bytes) -> int | None:
    """Send slowly, until the server ends it: the status of its answer, None without one."""
    ended = threading.Event()
    with socket.create_connection((HOST, port), LONGEST) as connection:
        connection.sendall(begin)
        dripping = threading.Thread(target=drip, args=(connection, piece, ended))
        if piece:
            dripping.start()
        try:
            return _status(connection)
        finally:
            ended.set()
            if piece:
                dripping.join()


@pytest.mark.clause("RFC 9110 section 15.5.9")
@pytest.mark.parametrize("name", SLOW)
def test_slow_sender_is_ended_by_the_server(name: str, ends: dict[str, Future[int | None]]) -> None:
    assert ends[name].result() == SLOW[name][2]


def _status(connection: socket.socket) -> int | None:
    """The status of the answer, None where the connection ended without one."""
    try:
        answer = receive(connection)
    except (http.client.HTTPException, ConnectionError):
        return None
    assert answer.json()["detail"]
    with contextlib.suppress(ConnectionError):
        assert connection.recv(1) == b""
    return answer.status


@pytest.mark.clause("RFC 9112 section 9.8")
def test_silence_between_requests_is_ended(world: World) -> None:
    with socket.create_connection((HOST, world.service.port), LONGEST) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert receive(connection).status == 200
        assert connection.recv(1) == b""


@pytest.mark.clause("RFC 9112 section 9.3")
def test_others_are_answered_while_many_are_slow(world: World) -> None:
    with contextlib.ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection((HOST, world.service.port), LONGEST))
            for _ in range(200)
        ]
        for connection in slow:
            connection.sendall(HEAD + b"Content-Length: 9\r\n\r\na")
        for _ in range(20):
            assert send(world.service.port, by_post(world)).status == 200


@pytest.mark.clause("RFC 9110 section 10.1.1")
def test_client_that_waits_for_100_is_told_to_go_on(world: World) -> None:
    right = by_post(world)
    wire = Request("POST", TOKEN, (*right.headers, ("Expect", "100-continue")), right.body).wire(
        world.service.port
    )
    head, _, body = wire.partition(b"\r\n\r\n")
    with socket.create_connection((HOST, world.service.port), LONGEST) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert receive(connection).status == 200


@pytest.mark.clause("RFC 9112 section 9.3.2")
@pytest.mark.parametrize("split", [1, 30, 200])
def test_pipelined_requests_are_answered_in_their_order(split: int, world: World) -> None:
    token = by_post(world).wire(world.service.port).replace(b"Connection: close", b"X: y")
    octets = token + b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" + token
    with socket.create_connection((HOST, world.service.port), LONGEST) as connection:
        for start in range(0, len(octets), split):
            connection.sendall(octets[start : start + split])
        reader = connection.makefile("rb")
        statuses = [_next(reader.readline, reader.read) for _ in range(3)]
    assert statuses == [200, 404, 200]


def _next(line: Callable[[], bytes], read: Callable[[int], bytes]) -> int:
    """The status of the next answer, whose body is read."""
    status, length = int(line().split(b" ")[1]), 0
    while (header := line().strip()) != b"":
        name, _, value = header.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    read(length)
    return status


@pytest.mark.clause("RFC 9112 section 9.6")
def test_sender_that_says_no_more_still_gets_its_answer(world: World) -> None:
    with socket.create_connection((HOST, world.service.port), LONGEST) as connection:
        connection.sendall(by_post(world).wire(world.service.port))
        connection.shutdown(socket.SHUT_WR)
        assert receive(connection).status == 200
