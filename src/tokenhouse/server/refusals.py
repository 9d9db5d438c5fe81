"""What the wire answers by itself, in JSON as all refusals are; the connection ends with it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    Headers = list[tuple[bytes, bytes]]

_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} [!-~]+ HTTP/1\.[01]\r\n")


class Refusal(Exception):
    """A request that never reaches the application; the connection ends with its answer."""

    def __init__(self, status: int, detail: str, code: str = "invalid_request") -> None:
        """Refuse.

        Args:
            status: HTTP status.
            detail: public text.
            code: `error` of RFC 6749 section 5.2, which a client of any endpoint can read.

        """
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code
        self.allow = b""

    @property
    def body(self) -> bytes:
        """The JSON object that all refusals are."""
        said = {"error": self.code, "error_description": self.detail, "detail": self.detail}
        return json.dumps(said).encode()

    @property
    def headers(self) -> Headers:
        """The headers that go with it."""
        allow = [(b"allow", self.allow)] if self.allow else []
        return [
            *allow,
            (b"content-type", b"application/json"),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
            (b"pragma", b"no-cache"),
            (b"content-length", str(len(self.body)).encode()),
            (b"connection", b"close"),
        ]

    def written(self, more: Headers, *, with_body: bool) -> bytes:
        """Write it out as an HTTP/1.1 answer, with `more` headers."""
        lines = [name + b": " + value + b"\r\n" for name, value in [*more, *self.headers]]
        body = self.body if with_body else b""
        return b"".join([STATUS_LINE[self.status], *lines, b"\r\n", body])


def malformed(data: bytes, *, unknown_method: bool) -> Refusal:
    """Say what is wrong with octets that the parser refused: the method alone, or all of it."""
    if unknown_method and _REQUEST_LINE.match(data):
        return method_not_allowed()
    return Refusal(400, "The request is not well-formed HTTP/1.1.")


def head_too_large() -> Refusal:
    """Refuse a head beyond 16 KiB (RFC 6585 section 5)."""
    return Refusal(431, "The header block with the URL is larger than 16 KiB.")


def body_too_large() -> Refusal:
    """Refuse a body beyond 64 KiB (RFC 9110 section 15.5.14)."""
    return Refusal(413, "The body is larger than 64 KiB.")


def too_slow() -> Refusal:
    """Refuse a request that was not whole in time (RFC 9110 section 15.5.9)."""
    return Refusal(408, "The request did not arrive whole within 10 seconds.")


def method_not_allowed() -> Refusal:
    """Refuse a method that no resource here has.

    Not with 501 (RFC 9110 section 15.6.2): bad input is never the service's own failure, and
    who watches it for failures would be woken by every scanner.
    """
    refusal = Refusal(405, "This method is not allowed here; see the Allow header.")
    refusal.allow = b"GET, HEAD, POST, PUT, PATCH, DELETE"
    return refusal
