"""`GET /api/v1/auth/jwt/token/basic`: HTTP Basic in, access token out (RFC 7617).

Recommended for testing only, as the reference says. No percent-decoding here: what stands in
the header is the password (unlike client authentication, RFC 6749 section 2.3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.endpoints import token_openapi
from tokenhouse.endpoints.endpoint import Answer, Endpoint, json_answer
from tokenhouse.oauth.approval import Approval
from tokenhouse.oauth.basic import MalformedBasic, is_basic, read_basic
from tokenhouse.oauth.client import FIRST_PARTY
from tokenhouse.oauth.errors import BASIC_CHALLENGE, InvalidRequest
from tokenhouse.oauth.scope import narrow
from tokenhouse.settings import TOKEN_PATH
from tokenhouse.sign_in import sign_in
from tokenhouse.store import scopes
from tokenhouse.tokens.issue import issue

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request


class _Unreadable(InvalidRequest):
    """No or unreadable Basic header: 401, so that a browser or curl can ask."""

    status = 401
    default = "Send the e-mail address and the password as HTTP Basic (UTF-8)."


async def basic_token(context: Context, request: Request) -> Answer:
    """Issue an access token to the person whose password it is."""
    email, password = _read(request)
    user = await sign_in(context, email, password, request.source)
    scope = narrow(None, await context.database.read(scopes.names))
    approval = Approval(user.id, user.id, FIRST_PARTY.client_id, user.generation, scope)
    return json_answer(issue(context, approval, context.settings.audiences))


def _read(request: Request) -> tuple[str, str]:
    if len(request.authorization) != 1 or not is_basic(request.authorization[0]):
        raise _Unreadable(challenge=BASIC_CHALLENGE)
    try:
        return read_basic(request.authorization[0])
    except MalformedBasic:
        raise _Unreadable(challenge=BASIC_CHALLENGE) from None


ENDPOINT: Endpoint = Endpoint(
    TOKEN_PATH + "/basic",
    ("GET",),
    basic_token,
    token_openapi.BASIC_TOKEN,
    is_on=lambda settings: settings.basic_token,
)
