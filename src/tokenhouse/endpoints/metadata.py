"""`GET /.well-known/oauth-authorization-server`: what this server can do (RFC 8414).

Computed from what is registered and what the operator has defined, never written by hand.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.endpoints import documents_openapi
from tokenhouse.endpoints.endpoint import PUBLIC, Answer, Endpoint, json_answer, metadata_of
from tokenhouse.store import scopes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request

PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


async def metadata(described: Sequence[Endpoint], context: Context, _request: Request) -> Answer:
    """Answer with the document, and the scopes once there are some."""
    names = await context.database.read(scopes.names)
    defined = {"scopes_supported": names} if names else {}
    return json_answer({**metadata_of(described, context.settings), **defined}, PUBLIC)


def endpoints_for(described: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Make the endpoints that describe the others."""
    handle = partial(metadata, described)
    return tuple(
        Endpoint(path, ("GET", "HEAD"), handle, documents_openapi.METADATA) for path in PATHS
    )
