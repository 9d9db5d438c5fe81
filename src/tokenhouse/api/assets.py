"""The files that the documentation pages are made of, all served from here.

Owns: which files there are; nothing else can be asked for. Swagger UI and Redoc come from the
package that carries them; the pages and their few lines of script are ours (`pages/`). Trap:
Redoc as it comes shows its maker's logo from the maker's own host.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "redoc.standalone.js": "text/javascript",
    "favicon.png": "image/png",
    "docs.js": "text/javascript",
    "redoc.js": "text/javascript",
    "page.css": "text/css",
}
PATH = "/docs/assets/"
_OURS = Path(__file__).with_name("pages")
_LOGO_ELSEWHERE = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_LOGO = b"data:,"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served; `digest` changes with its content."""

    body: bytes
    media_type: str
    digest: str


@cache
def asset(name: str) -> Asset:
    """Read one of the named files, once.

    Args:
        name: one of MEDIA_TYPES.

    """
    ours = _OURS / name
    body = (ours if ours.exists() else _carried() / name).read_bytes()
    body = body.replace(_LOGO_ELSEWHERE, _NO_LOGO)
    return Asset(body, MEDIA_TYPES[name], digest(body))


def digest(body: bytes) -> str:
    """Name a content by its hash."""
    return hashlib.sha256(body).hexdigest()[:32]


def page(name: str, root: str) -> bytes:
    """Read a page, its assets addressed by their content, from `root` (`./` or `../`)."""
    text = (_OURS / name).read_text("utf-8")
    for one in MEDIA_TYPES:
        text = text.replace(f'"{one}"', f'"{root}{PATH[1:]}{one}?v={asset(one).digest}"')
    return text.replace("$ROOT", root).encode()


def _carried() -> Path:
    """Find the package that carries the files, without importing it."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        msg = "the package fastapi-offline, which carries the documentation's files, is missing"
        raise FileNotFoundError(msg)
    return Path(spec.origin).with_name("static")
