"""What is fuzzed, each with its oracle: nothing but the reader's own refusal may come out of it.

What a reader accepts, `tests/verifier.py` (or h11, for HTTP itself) must accept and read alike.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import h11
import uvicorn
from uvicorn.server import ServerState

from tests import verifier
from tokenhouse.oauth.asked import KNOWN, REPEATABLE, parse_form
from tokenhouse.oauth.basic import MalformedBasic, read_basic
from tokenhouse.oauth.bearer import BearerError, read_token
from tokenhouse.oauth.errors import InvalidRequest
from tokenhouse.oauth.jwt_claims import MalformedJwt, read_jwt, strict_object
from tokenhouse.server.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope


def form(octets: bytes) -> None:
    """The form reader of the token endpoint."""
    try:
        accepted = parse_form(octets)
    except InvalidRequest:
        return
    pairs = verifier.form(octets)
    assert pairs is not None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in KNOWN:
            values.setdefault(name, []).append(value)
    assert all(len(each) == 1 for name, each in values.items() if name not in REPEATABLE)
    joined = {name: " ".join(filter(None, each)) for name, each in values.items()}
    assert accepted == {name: value for name, value in joined.items() if value}


def basic(octets: bytes) -> None:
    """The Basic header."""
    header = "Basic " + octets.decode("latin-1")
    try:
        accepted = read_basic(header)
    except MalformedBasic:
        return
    assert accepted == verifier.basic(header)


def bearer(octets: bytes) -> None:
    """The Bearer header."""
    header = "Bearer " + octets.decode("latin-1")
    with suppress(BearerError):
        assert read_token([header]).text == header[7:].strip(" ")


def jwt(octets: bytes) -> None:
    """The front door of every JWT."""
    text = octets.decode("latin-1")
    try:
        accepted = read_jwt(text)
    except MalformedJwt:
        return
    assert verifier.jwt(text) == (accepted.header, accepted.claims)


def document(octets: bytes) -> None:
    """A JSON body."""
    try:
        accepted = strict_object(octets)
    except MalformedJwt:
        return
    assert verifier.document(octets) == accepted


Seen = list[tuple[str, str, bytes]]


class _Transport(asyncio.Transport):
    """A connection that goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.written += bytes(data)

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        """Nothing to pause."""

    def resume_reading(self) -> None:
        """Nothing to resume."""


_loop = asyncio.new_event_loop()
_state = ServerState()
_seen: Seen = []


async def _app(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    message = await receive()
    if message["type"] == "http.request":
        _seen.append((scope["method"], scope["raw_path"].decode(), message["body"]))
    await send({"type": "http.response.start", "status": 204, "headers": [], "trailers": False})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


_config = uvicorn.Config(
    cast("ASGI3Application", _app), http=Wire, ws="none", log_config=None, lifespan="off"
)
_config.load()


def wire(octets: bytes) -> None:
    """HTTP/1.1 itself: the first request that gets through, as h11 reads it."""
    _seen.clear()
    connection, transport = Wire(_config, _state, {}, _loop), _Transport()
    connection.connection_made(transport)
    half = len(octets) // 2
    for part in (octets[:half], octets[half:]):
        if not transport.closed:
            connection.data_received(part)
    while _state.tasks:  # all of them, or the next input would see what this one left
        _loop.run_until_complete(asyncio.sleep(0))
    connection.connection_lost(None)
    if _seen:
        method, path, body = _seen[0]
        assert _by_h11(octets) in ((method, path, body), None)


def _by_h11(octets: bytes) -> tuple[str, str, bytes] | None:
    """The first request as h11 reads it; None where it is stricter about the target or the line."""
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(octets.lstrip(b"\r\n"))
    body = b""
    try:
        request = reader.next_event()
        if not isinstance(request, h11.Request):
            return None
        while isinstance(event := reader.next_event(), h11.Data):
            body += bytes(event.data)
    except h11.RemoteProtocolError:
        return None
    assert isinstance(event, h11.EndOfMessage), "handed over before it was whole"
    path = re.sub("^https?://[^/?]*", "", request.target.decode(), flags=re.IGNORECASE)
    return request.method.decode(), path.partition("?")[0] or "/", body


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "form": form,
    "basic": basic,
    "bearer": bearer,
    "jwt": jwt,
    "document": document,
    "wire": wire,
}
