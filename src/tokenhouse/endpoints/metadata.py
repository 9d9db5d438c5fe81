"""`GET /.well-known/oauth-authorization-server`: what this server can do (RFC 8414).

Computed from what is registered and what the operator has defined, never written by hand.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tokenhouse.endpoints import documents_openapi
from tokenhouse.endpoints.endpoint import PUBLIC, Answer, Endpoint, json_answer, metadata_of
from tokenhouse.store import scopes
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request

PATHS = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


class Document:
    """The document. While the database is gone it names the scopes that were defined before."""

    def __init__(self, described: Sequence[Endpoint]) -> None:
        """Take what it describes."""
        self._described = described
        self._names: Sequence[str] | None = None

    async def answer(self, context: Context, _request: Request) -> Answer:
        """Answer with the document, and the scopes once there are some."""
        with suppress(Unavailable):
            self._names = await context.database.read(scopes.names)
        defined = {"scopes_supported": self._names} if self._names else {}
        return json_answer({**metadata_of(self._described, context.settings), **defined}, PUBLIC)


def endpoints_for(described: Sequence[Endpoint]) -> tuple[Endpoint, ...]:
    """Make the endpoints that describe the others."""
    handle = Document(described).answer
    return tuple(
        Endpoint(path, ("GET", "HEAD"), handle, documents_openapi.METADATA) for path in PATHS
    )
