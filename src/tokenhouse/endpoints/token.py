"""`POST /api/v1/auth/jwt/token`: the token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.client_auth import METHODS, authenticate
from tokenhouse.endpoints import token_openapi
from tokenhouse.endpoints.endpoint import NO_STORE, Answer, Endpoint, json_answer
from tokenhouse.grants import choose, offered
from tokenhouse.oauth.asked import Request, read
from tokenhouse.oauth.dpop import ALGORITHMS
from tokenhouse.possession import needed_sender_key, next_nonce
from tokenhouse.settings import TOKEN_PATH, Settings
from tokenhouse.tokens.audience import choose_audience
from tokenhouse.tokens.issue import issue

if TYPE_CHECKING:
    from tokenhouse.context import Context


async def token(context: Context, request: Request) -> Answer:
    """Issue an access token: the whole story, one line a step."""
    asked = read(request)
    key = needed_sender_key(context, asked.proofs, "POST", context.settings.token_endpoint)
    client = await authenticate(context, asked, key)
    grant = choose(context, asked, client)
    approval = await grant.approve(context, asked, client)
    audience = choose_audience(context.settings, asked)
    response = await issue(context, approval, audience, key)
    return json_answer(
        response, [*NO_STORE, *next_nonce(context, key)], about=(grant.name, client.method)
    )


def metadata(settings: Settings) -> dict[str, object]:
    """Say what this endpoint can do (RFC 8414 section 2)."""
    algorithms = {alg for method in METHODS for alg in method.algorithms}
    return {
        "token_endpoint": settings.token_endpoint,
        "token_endpoint_auth_methods_supported": [method.name for method in METHODS],
        "token_endpoint_auth_signing_alg_values_supported": sorted(algorithms),
        "grant_types_supported": offered(settings),
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }


ENDPOINT: Endpoint = Endpoint(TOKEN_PATH, ("POST",), token, token_openapi.TOKEN, metadata)
