"""`/openapi.json`, `/docs`, `/redoc`: what the service says of itself to people.

Everything is made at the first request and kept, so that start-up does not wait for it. The
pages may load and reach nothing but this service (Content-Security-Policy).
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from tokenhouse.api import assets
from tokenhouse.api.openapi import document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from tokenhouse.context import Context

_METHODS = ("GET", "HEAD")
_NOSNIFF = {"x-content-type-options": "nosniff"}
_PUBLIC = {"cache-control": "max-age=300", "access-control-allow-origin": "*"}
_FOREVER = {
    "cache-control": "public, max-age=31536000, immutable",
    "cross-origin-resource-policy": "same-origin",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; "
    "connect-src 'self'; worker-src {workers}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_POLICIES = {
    "docs": _POLICY.format(styles="", workers="'none'"),
    # Redoc makes its style sheets and the worker of its search from its own text.
    "redoc": _POLICY.format(styles=" 'unsafe-inline'", workers="blob:"),
}
_PAGE = {
    "cache-control": "no-cache",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}


def documents(context: Context, described: Mapping[str, Any]) -> dict[str, Kept]:
    """Return the doors of the documents, by path.

    Args:
        context: the Context.
        described: what the protocol's endpoints say of themselves: OpenAPI `paths` and
            `components`.

    """
    pages = {
        f"/{name}": Kept(
            partial(assets.page, f"{name}.html"),
            "text/html",
            {**_PAGE, "content-security-policy": policy},
        )
        for name, policy in _POLICIES.items()
    }
    files = {
        assets.PATH + name: Kept(partial(_asset, name), media_type, _FOREVER)
        for name, media_type in assets.MEDIA_TYPES.items()
    }
    make = partial(_openapi, context, described)
    return {"/openapi.json": Kept(make, "application/json", _PUBLIC), **pages, **files}


def _asset(name: str, _root: str) -> bytes:
    return assets.asset(name).body


def _openapi(context: Context, described: Mapping[str, Any], _root: str) -> bytes:
    return json.dumps(document(context, described)).encode()


class Kept:
    """The ASGI application of one document: made when first asked for, then kept."""

    def __init__(
        self, make: Callable[[str], bytes], media_type: str, headers: Mapping[str, str]
    ) -> None:
        """Take how it is made; `make` gets the way from its path to the service's root."""
        self._make, self._media_type, self._headers = make, media_type, headers
        self._made: dict[str, tuple[bytes, str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in _METHODS:
            headers = {"allow": ", ".join(_METHODS), **_NOSNIFF}
            return JSONResponse({"detail": "Method Not Allowed"}, 405, headers)
        body, etag = self._content("../" if scope["path"].endswith("/") else "./")
        headers = {**self._headers, **_NOSNIFF, "etag": etag}
        known = Headers(scope=scope).get("if-none-match", "").split(",")
        if {etag, "*"} & {one.strip().removeprefix("W/") for one in known}:
            return Response(None, 304, headers)
        return Response(body, 200, headers, self._media_type)

    def _content(self, root: str) -> tuple[bytes, str]:
        if root not in self._made:
            body = self._make(root)
            self._made[root] = body, f'"{assets.digest(body)}"'
        return self._made[root]
