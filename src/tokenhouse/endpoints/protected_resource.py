"""`GET /.well-known/oauth-protected-resource`: the management API as a resource (RFC 9728)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.endpoints import about_token_openapi
from tokenhouse.endpoints.endpoint import PUBLIC, Answer, Endpoint, json_answer
from tokenhouse.oauth.dpop import ALGORITHMS

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request

PATH = "/.well-known/oauth-protected-resource"


async def protected_resource(context: Context, _request: Request) -> Answer:
    """Say who issues the tokens that the management API takes, and how to send one."""
    issuer = context.settings.issuer
    bound = {"dpop_bound_access_tokens_required": True} if context.settings.require_dpop else {}
    document = {
        "resource": issuer,
        "resource_name": "Tokenhouse management API",
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        **bound,
        "resource_documentation": issuer + "/docs",
    }
    return json_answer(document, PUBLIC)


ENDPOINT: Endpoint = Endpoint(
    PATH, ("GET", "HEAD"), protected_resource, about_token_openapi.PROTECTED_RESOURCE
)
