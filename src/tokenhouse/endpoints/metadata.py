"""`GET /.well-known/oauth-authorization-server`: what this server can do (RFC 8414).

Computed from what is registered, never written by hand.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.endpoints import documents_openapi
from tokenhouse.endpoints.endpoint import PUBLIC, Answer, Endpoint, json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request
    from tokenhouse.settings import Settings

PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


def document(settings: Settings, described: Sequence[Endpoint]) -> dict[str, object]:
    """Gather the document; `response_types_supported` is empty: no authorization endpoint."""
    found: dict[str, object] = {"issuer": settings.issuer, "response_types_supported": []}
    for endpoint in described:
        if endpoint.is_on(settings):
            found |= endpoint.metadata(settings)
    return found | {"service_documentation": settings.issuer + "/docs"}


async def metadata(described: Sequence[Endpoint], context: Context, _request: Request) -> Answer:
    """Answer with the document."""
    return json_answer(document(context.settings, described), PUBLIC)


def endpoints_for(described: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Make the endpoints that describe the others."""
    handle = partial(metadata, described)
    return tuple(
        Endpoint(path, ("GET", "HEAD"), handle, documents_openapi.METADATA) for path in PATHS
    )
