"""The one way out over HTTP: a POST, within seconds, of whose answer the status alone is looked at.

To https with a certificate that holds, or to this machine itself. No redirect is followed, no proxy
asked, and nothing that comes back is kept, so that whoever names an address learns by it no more
than that somebody answered. RFC 9112.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from httptools import HttpParserError, HttpResponseParser

if TYPE_CHECKING:
    from asyncio import StreamReader
    from collections.abc import Mapping

SECONDS = 10.0  # for all of it, from the name look-up to the status
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_INTERIM = range(100, 200)
_PIECE = 4096  # octets
_PORTS = {"http": 80, "https": 443}


class OutboundError(Exception):
    """There was no answer; the text says why, in a line."""


def unfit(url: str) -> str:
    """Say what is wrong with an address to send to; empty = nothing."""
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        return "not a URL"
    if not re.fullmatch(r"[!-~]+", url) or not parts.hostname or port == 0:
        return "not a URL, in ASCII and without spaces"
    if "@" in parts.netloc or parts.fragment:
        return "has a user or a fragment"
    if parts.scheme != "https" and (parts.scheme, parts.hostname in LOOPBACK) != ("http", True):
        return "must be https, or http to 127.0.0.1, ::1 or localhost"
    return ""


async def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send a body and return the status of the answer.

    Args:
        url: one that `unfit` has nothing against.
        headers: beside those that any request has.
        body: see there.

    Raises:
        OutboundError: no connection, no TLS, no HTTP, or not within `SECONDS`.

    """
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(SECONDS):
            return await _exchange(parts, _request(parts, headers, body))
    except TimeoutError:
        msg = f"no answer within {SECONDS:.0f} seconds"
        raise OutboundError(msg) from None
    except ssl.SSLError as error:
        msg = f"TLS: {error.reason or 'failed'}"
        raise OutboundError(msg) from None
    except (OSError, ValueError) as error:
        msg = f"cannot be reached: {error}"
        raise OutboundError(msg) from None


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    named = {
        "Host": parts.netloc,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "User-Agent": "Tokenhouse",
        **headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


async def _exchange(parts: SplitResult, request: bytes) -> int:
    tls = await asyncio.to_thread(_trust) if parts.scheme == "https" else None
    port = parts.port or _PORTS[parts.scheme]
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls)
    try:
        writer.write(request)
        await writer.drain()
        return await _status(reader)
    finally:
        writer.close()


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Return whom this process trusts; reading the authorities takes a tenth of a second."""
    return ssl.create_default_context()


class _Answer:
    """Hears the parser: the status of the answer, 0 until it has come whole with its headers."""

    def __init__(self) -> None:
        self.parser = HttpResponseParser(self)
        self.status = 0

    def on_headers_complete(self) -> None:
        """Keep the status of the first answer that is no interim one (RFC 9110 section 15.2)."""
        status: int = self.parser.get_status_code()
        if not self.status and status not in _INTERIM:
            self.status = status


async def _status(reader: StreamReader) -> int:
    answer = _Answer()
    with suppress(HttpParserError):
        while not answer.status and (piece := await reader.read(_PIECE)):
            answer.parser.feed_data(piece)
    if not answer.status:
        msg = "what answers there speaks no HTTP"
        raise OutboundError(msg)
    return answer.status
