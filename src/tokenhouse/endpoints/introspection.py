"""`POST /api/v1/auth/jwt/introspect`: whether a token is good now (RFC 7662)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.client_auth import METHODS
from tokenhouse.endpoints import about_token_openapi
from tokenhouse.endpoints.about_token import Question, question, schemes_of_people
from tokenhouse.endpoints.endpoint import Answer, Endpoint, json_answer

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request
    from tokenhouse.settings import Settings

PATH = "/api/v1/auth/jwt/introspect"


async def introspection(context: Context, request: Request) -> Answer:
    """Say what a token is, to those who may know; to all others exactly that it is not active."""
    asked = await question(context, request, PATH)
    if asked.token is None or not _may_see(asked):
        return json_answer({"active": False}, about=asked.about)
    body = {"active": True, "token_type": asked.token.token_type, **asked.token.claims}
    return json_answer(body, about=asked.about)


def _may_see(asked: Question) -> bool:
    """Let a client see its owner's tokens, or all where an administrator says so."""
    if asked.client is None or asked.token is None:
        return asked.is_owners or asked.is_admins
    return asked.client.may_introspect or asked.client.user_id == asked.token.user.id


def metadata(settings: Settings) -> dict[str, object]:
    """Say where and how (RFC 8414 section 2)."""
    algorithms = sorted({alg for method in METHODS for alg in method.algorithms})
    return {
        "introspection_endpoint": settings.issuer + PATH,
        "introspection_endpoint_auth_methods_supported": [
            *(method.name for method in METHODS),
            *schemes_of_people(settings),
        ],
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
    }


ENDPOINT: Endpoint = Endpoint(
    PATH, ("POST",), introspection, about_token_openapi.INTROSPECTION, metadata
)
