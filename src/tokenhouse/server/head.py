"""What a request's head must be like, beyond what the parser checks (RFC 9112).

The traps: a message that a proxy and we could read in two ways (RFC 9112 section 11.2), and a
`Host` that somebody might believe. The parser refuses bad framing and bad characters by itself;
here stands the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tokenhouse.server.refusals import (
    Refusal,
    body_too_large,
    head_too_large,
    method_not_allowed,
)

if TYPE_CHECKING:
    Headers = list[tuple[bytes, bytes]]

MOST_HEAD = 16 * 1024
MOST_BODY = 64 * 1024
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})
_LINE_OVERHEAD = len(b": \r\n")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z._-]{1,255})(?::([0-9]{1,5}))?")
_LAST_PORT = 65535
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)", re.IGNORECASE)


class Head(NamedTuple):
    """What a good head says of the body.

    Attributes:
        length: its octets, None where not told.
        chunked: whether it comes in chunks.
        waits: whether the client waits for 100 (Continue) before it sends the body.

    """

    length: int | None
    chunked: bool
    waits: bool

    @property
    def framing(self) -> bytes:
        """The header that frames the body; empty where there is none."""
        if self.chunked:
            return b"Transfer-Encoding: chunked"
        return b"Content-Length: %d" % self.length if self.length else b""


def check(method: bytes, version: str, url: bytes, headers: Headers) -> Head:
    """Check a head that has arrived whole.

    Args:
        method: as the parser knows it.
        version: `1.1` or `1.0`; others are refused.
        url: the request target, as sent.
        headers: names in lower case, and values, as sent.

    Returns:
        What it says of the body to come.

    Raises:
        Refusal: see the module.

    """
    size = len(url)
    once: dict[bytes, bytes] = {}
    for name, value in headers:
        size += len(name) + len(value) + _LINE_OVERHEAD
        if name in _ONCE:
            if name in once:
                raise Refusal(400, "A header that may stand once is sent twice.")
            once[name] = value
    if size > MOST_HEAD:
        raise head_too_large()
    if method == b"CONNECT":
        raise method_not_allowed()
    _check_host(version, once.get(b"host"))
    _check_framing(version, once)
    length, coding = once.get(b"content-length"), once.get(b"transfer-encoding")
    waits = version == "1.1" and once.get(b"expect", b"").lower() == b"100-continue"
    return Head(None if length is None else int(length), coding is not None, waits)


def _check_host(version: str, host: bytes | None) -> None:
    """Expect exactly one good `Host` (RFC 9112 section 3.2); HTTP/1.0 may leave it out."""
    if version not in {"1.1", "1.0"}:
        raise Refusal(400, "Send HTTP/1.1.")
    if (host is None and version == "1.1") or (host is not None and not _is_authority(host)):
        raise Refusal(400, "Send one well-formed Host header.")


@lru_cache(maxsize=64)
def _is_authority(text: bytes) -> bool:
    found = _HOST.fullmatch(text)
    return found is not None and int(found[1] or 0) <= _LAST_PORT


def _check_framing(version: str, once: dict[bytes, bytes]) -> None:
    """Expect one way alone to tell where the body ends (RFC 9112 section 6.3)."""
    coding, length = once.get(b"transfer-encoding"), once.get(b"content-length")
    if coding is not None:
        if version == "1.0" or length is not None:
            raise Refusal(400, "Transfer-Encoding does not go with Content-Length or HTTP/1.0.")
        if coding.lower() != b"chunked":
            raise Refusal(400, "No transfer coding but chunked is understood here.")
    elif length is not None and int(length) > MOST_BODY:
        raise body_too_large()


def target(url: bytes) -> tuple[bytes, bytes]:
    """Return path and query of a request target in origin or absolute form.

    Raises:
        Refusal: it is neither, or holds a fragment (RFC 9112 section 3.2).

    """
    rest = url
    if not url.startswith(b"/"):
        absolute = _ABSOLUTE.match(url)
        if absolute is None or not _is_authority(absolute[1]):
            raise Refusal(400, "The request target is neither a path nor an http URL.")
        rest = url[absolute.end() :]
    path, _, query = rest.partition(b"?")
    if b"#" in url or not url.isascii():
        raise Refusal(400, "The request target holds what no URL holds.")
    return path or b"/", query
