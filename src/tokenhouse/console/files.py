"""The files that the pages are made of: style sheet, script, htmx. Nothing else is served.

htmx 2.0.11 (0BSD, Big Sky Software) is kept here as it was published.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

MEDIA_TYPES = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_FOLDER = Path(__file__).with_name("static")


class File(NamedTuple):
    """A file as it is served; `digest` changes with its content."""

    body: bytes
    media_type: str
    digest: str


@cache
def file(name: str) -> File:
    """Read one of the named files, once."""
    body = (_FOLDER / name).read_bytes()
    return File(body, MEDIA_TYPES[name], hashlib.sha256(body).hexdigest()[:32])


def address(name: str) -> str:
    """Return where a file is, below the console; it changes with the content."""
    return f"/files/{name}?v={file(name).digest}"
