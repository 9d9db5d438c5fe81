"""`POST /api/v1/auth/jwt/revoke`: token revocation (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.actor import Actor
from tokenhouse.client_auth import METHODS
from tokenhouse.endpoints import about_token_openapi
from tokenhouse.endpoints.about_token import Question, question
from tokenhouse.endpoints.endpoint import Answer, Endpoint, json_answer
from tokenhouse.oauth.errors import InvalidGrant
from tokenhouse.tokens.revocation import revoke

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request
    from tokenhouse.oauth.origin import Origin
    from tokenhouse.settings import Settings

PATH = "/api/v1/auth/jwt/revoke"


async def revocation(context: Context, request: Request) -> Answer:
    """Revoke a token; one that is not good anyway is answered alike (section 2.2).

    Raises:
        InvalidGrant: the token is another's; it stays good (section 2.1).

    """
    asked = await question(context, request, PATH)
    if asked.token is not None:
        mine = asked.client is not None and asked.client.client_id == asked.token.client_id
        if not (mine or asked.is_owners or asked.is_admins):
            msg = "The token was issued to another client; it stays good."
            raise InvalidGrant(msg)
        await revoke(context, asked.token, _actor(asked, request.origin))
    return json_answer({}, about=asked.about)


def _actor(asked: Question, origin: Origin) -> Actor:
    if asked.client is not None:
        return Actor(str(asked.client.user_id), client_id=asked.client.client_id, origin=origin)
    return Actor(asked.user.id if asked.user else "", asked.is_admins, origin=origin)


def metadata(settings: Settings) -> dict[str, object]:
    """Say where and how (RFC 8414 section 2)."""
    algorithms = sorted({alg for method in METHODS for alg in method.algorithms})
    return {
        "revocation_endpoint": settings.issuer + PATH,
        "revocation_endpoint_auth_methods_supported": [method.name for method in METHODS],
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
    }


ENDPOINT: Endpoint = Endpoint(PATH, ("POST",), revocation, about_token_openapi.REVOCATION, metadata)
