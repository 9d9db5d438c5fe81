"""What the wire makes of applications that answer wrongly: no header is split, no answer is cut.

None of ours does so; the wire is what stands between one that would and a client. So the
application is the tests' own here, and the connection is kept alive, as answers leave in one piece
only then.
"""

import http.client
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn

from tests.service import HOST, free_port
from tokenhouse.server.wire import Wire

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

HEADERS: dict[str, list[tuple[bytes, bytes]]] = {
    "/whole": [(b"content-length", b"4"), (b"x-value", b"a")],
    "/in-parts": [(b"content-length", b"4")],
    "/unsized": [],
    "/line-break": [(b"content-length", b"4"), (b"x-value", b"a\r\nX-More: b")],
    "/line-feed": [(b"content-length", b"4"), (b"x-value", b"a\nX-More: b")],
    "/return": [(b"content-length", b"4"), (b"x-value", b"a\rX-More: b")],
    "/nul": [(b"content-length", b"4"), (b"x-value", b"a\0b")],
    "/in-a-name": [(b"content-length", b"4"), (b"x\r\nX-More: b", b"a")],
    "/short": [(b"content-length", b"5")],
    "/long": [(b"content-length", b"3")],
    "/fails": [(b"content-length", b"4")],
}


async def answer(scope: "Scope", _receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
    """Answer `good`, with the headers of the path."""
    assert scope["type"] == "http"
    path = scope["path"]
    await send(
        {"type": "http.response.start", "status": 200, "headers": HEADERS[path], "trailers": False}
    )
    if path == "/fails":
        message = "between head and body"
        raise RuntimeError(message)
    parts = (b"go", b"od") if path == "/in-parts" else (b"good",)
    for number, part in enumerate(parts, 1):
        more = number < len(parts)
        await send({"type": "http.response.body", "body": part, "more_body": more})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server of this application behind the wire."""
    chosen = free_port()
    config = uvicorn.Config(
        answer, host=HOST, port=chosen, http=Wire, ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield chosen
    server.should_exit = True
    thread.join()


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """The status and the body of an answer; nothing may have been put into its head."""
    connection.request("GET", path)
    found = connection.getresponse()
    assert found.getheader("X-More") is None
    return found.status, found.read()


@pytest.mark.parametrize("path", ["/whole", "/in-parts", "/unsized"])
def test_good_answer_arrives_and_the_connection_goes_on(path: str, port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    assert [ask(connection, path) for _ in "12"] == [(200, b"good")] * 2
    connection.close()


@pytest.mark.clause("RFC 9110 section 5.5")
@pytest.mark.parametrize("path", ["/line-break", "/line-feed", "/return", "/nul", "/in-a-name"])
def test_head_that_could_be_split_never_leaves(path: str, port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask(connection, path)
    connection.close()


@pytest.mark.clause("RFC 9112 section 6.3")
@pytest.mark.parametrize("path", ["/short", "/long"])
def test_answer_of_another_length_than_it_says_ends_the_connection(path: str, port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        ask(connection, path)
    connection.close()


def test_failure_between_head_and_body_is_told(port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    status, body = ask(connection, "/fails")
    assert (status, b"server_error" in body) == (500, True)
    connection.close()
