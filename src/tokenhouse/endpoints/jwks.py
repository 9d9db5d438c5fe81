"""`GET /.well-known/jwks.json`: the public signing keys (RFC 7517 section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.endpoints import documents_openapi
from tokenhouse.endpoints.endpoint import Answer, Endpoint, json_answer, public

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request
    from tokenhouse.settings import Settings

PATH = "/.well-known/jwks.json"


async def jwks(context: Context, _request: Request) -> Answer:
    """Give the public halves of all signing keys: in use, next, and not long retired."""
    return json_answer(context.keyring.jwks, public(context.settings.jwks_max_age))


def metadata(settings: Settings) -> dict[str, object]:
    """Say where the keys are (RFC 8414 section 2)."""
    return {"jwks_uri": settings.issuer + PATH}


ENDPOINT: Endpoint = Endpoint(PATH, ("GET", "HEAD"), jwks, documents_openapi.JWKS, metadata)
