"""HTTP itself: malformed requests, limits, and the headers that every answer has.

RFC 9112 sections 3.2 and 6, RFC 9110, RFC 6585 section 5. The trap: two readings of one request,
by a proxy and by us, let a second request hide in the first.
"""

import http.client
import re
from collections.abc import Callable

import httpx
import pytest

from tests.people import BASIC, CLIENTS, ME, TOKEN
from tests.protocol.table import FORM, World, by_post
from tests.raw import Request, send
from tests.service import HOST, Service

LENGTH = "RFC 9112 section 6.3"
HOST_HEADER = "RFC 9112 section 3.2"
LIMIT = "RFC 6585 section 5"
HEADER_LIMIT = 16_384

Build = Callable[[World], Request]


def bare(*headers: tuple[str, str], method: str = "POST", body: bytes = b"") -> Build:
    """A request with these headers and no others."""
    return lambda w: Request(
        method,
        TOKEN,
        tuple((n, v.format(port=w.service.port)) for n, v in headers),
        body,
        bare=True,
    )


AT = ("Host", HOST + ":{port}")
CLOSE = ("Connection", "close")
TYPE = ("Content-Type", FORM)
GRANT = b"grant_type=client_credentials"
SIZED = ("Content-Length", str(len(GRANT)))

MALFORMED: dict[str, tuple[str, Build]] = {
    "no-host": (HOST_HEADER, bare(TYPE, SIZED, CLOSE, body=GRANT)),
    "two-hosts": (HOST_HEADER, bare(AT, ("Host", "as.example"), TYPE, SIZED, CLOSE, body=GRANT)),
    "two-same-hosts": (HOST_HEADER, bare(AT, AT, TYPE, SIZED, CLOSE, body=GRANT)),
    "two-lengths": (LENGTH, bare(AT, TYPE, SIZED, ("Content-Length", "5"), CLOSE, body=GRANT)),
    "length-and-chunked": (
        LENGTH,
        bare(AT, TYPE, SIZED, ("Transfer-Encoding", "chunked"), CLOSE, body=b"0\r\n\r\n"),
    ),
    "length-negative": (LENGTH, bare(AT, TYPE, ("Content-Length", "-5"), CLOSE, body=GRANT)),
    "length-with-sign": (
        LENGTH,
        bare(AT, TYPE, ("Content-Length", f"+{len(GRANT)}"), CLOSE, body=GRANT),
    ),
    "length-no-number": (LENGTH, bare(AT, TYPE, ("Content-Length", "many"), CLOSE, body=GRANT)),
    "chunk-size-no-number": (
        LENGTH,
        bare(AT, TYPE, ("Transfer-Encoding", "chunked"), CLOSE, body=b"zz\r\nx\r\n0\r\n\r\n"),
    ),
    "header-name-with-space": (
        "RFC 9112 section 5.1",
        bare(AT, TYPE, SIZED, ("X y", "z"), CLOSE, body=GRANT),
    ),
    "header-value-with-nul": (
        "RFC 9110 section 5.5",
        bare(AT, TYPE, SIZED, ("X", "a\0b"), CLOSE, body=GRANT),
    ),
    "method-no-token": ("RFC 9112 section 3", bare(AT, CLOSE, method="PO ST")),
}


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(build, id=name, marks=pytest.mark.clause(at))
        for name, (at, build) in MALFORMED.items()
    ],
)
def test_malformed_request_is_refused_or_the_connection_closed(build: Build, world: World) -> None:
    try:
        answer = send(world.service.port, build(world))
    except (http.client.HTTPException, ConnectionError):
        return
    assert answer.status in {400, 405, 501}


@pytest.mark.clause(LIMIT)
@pytest.mark.parametrize("path", [TOKEN, CLIENTS, ME, BASIC, "/.well-known/jwks.json"])
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(("X-Long", HEADER_LIMIT + 1, 0), id="long-header"),
        pytest.param(("Authorization", HEADER_LIMIT + 1, 0), id="long-authorization"),
        pytest.param(("X-Short", 1, HEADER_LIMIT), id="long-query"),
    ],
)
def test_header_block_over_16_kib_is_refused(
    path: str, part: tuple[str, int, int], world: World
) -> None:
    name, header_size, query_size = part
    request = Request("GET", f"{path}?{'q' * query_size}", ((name, "a" * header_size),))
    assert send(world.service.port, request).status == 431


@pytest.mark.clause(LIMIT)
def test_header_block_of_15_kib_is_read(world: World) -> None:
    right = by_post(world)
    long = Request("POST", TOKEN, (*right.headers, ("X-Long", "a" * 15_000)), right.body)
    assert send(world.service.port, long).status == 200


@pytest.mark.clause("RFC 9110 section 10.2.4")
@pytest.mark.parametrize(
    "path", [TOKEN, BASIC, CLIENTS, ME, "/healthz", "/.well-known/jwks.json", "/nothing/here"]
)
def test_every_answer_is_plain_about_its_type_and_silent_about_versions(
    path: str, http: httpx.Client
) -> None:
    answer = http.get(path, headers={"Origin": "https://app.example"})
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r"\d", answer.headers.get("Server", ""))
    assert "X-Powered-By" not in answer.headers


@pytest.mark.parametrize("path", [TOKEN, BASIC, CLIENTS, ME])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_origin_is_let_in(path: str, method: str, http: httpx.Client) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    answer = http.request(method, path, headers=asked)
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.clause("RFC 9110 section 15.5.5")
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing/here",
        "/api",
        "/api/v1/auth/jwt",
        TOKEN + "/more",
        TOKEN + "//",
        "/%00",
        "/%FF",
        "/..%2f",
    ],
)
def test_unknown_path_is_a_plain_404(path: str, service: Service) -> None:
    answer = send(service.port, Request("GET", path))
    assert answer.status == 404
    assert answer.json()["detail"]


@pytest.mark.clause("RFC 9110 section 9.3.2")
def test_process_says_that_it_is_healthy(http: httpx.Client) -> None:
    assert http.get("/healthz").status_code == 200
    head = http.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")
