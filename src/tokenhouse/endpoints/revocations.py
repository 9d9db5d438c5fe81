"""`GET /.well-known/revocations`: what has ended early, for those who verify offline.

A JWT signed like an access token, with another `typ`; docs/revocations.md is its format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.endpoints import about_token_openapi
from tokenhouse.endpoints.endpoint import Answer, Endpoint
from tokenhouse.tokens.revocation import TYPE, feed

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request
    from tokenhouse.settings import Settings

PATH = "/.well-known/revocations"


async def revocations(context: Context, request: Request) -> Answer:
    """Answer with the feed, or 304 where the caller has it already (RFC 9110 section 13.1.2)."""
    token, tag = await feed(context)
    headers = [
        (b"content-type", b"application/" + TYPE.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"max-age=5"),
        (b"access-control-allow-origin", b"*"),
        (b"etag", tag.encode()),
    ]
    if tag in request.if_none_match:
        return Answer(b"", 304, headers)
    return Answer(token.encode(), 200, headers)


def metadata(settings: Settings) -> dict[str, object]:
    """Say where it is; the member is ours (RFC 8414 section 2 allows others)."""
    return {"revocations_uri": settings.issuer + PATH}


ENDPOINT: Endpoint = Endpoint(
    PATH, ("GET", "HEAD"), revocations, about_token_openapi.REVOCATIONS, metadata
)
