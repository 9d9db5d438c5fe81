"""`GET /api/v1/auth/jwt/token/basic`: HTTP Basic in, access token out (RFC 7617).

Recommended for testing only, as the reference says. No percent-decoding here: what stands in
the header is the password (unlike client authentication, RFC 6749 section 2.3.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.endpoints import token_openapi
from tokenhouse.endpoints.endpoint import NO_STORE, Answer, Endpoint, json_answer
from tokenhouse.oauth.approval import Approval
from tokenhouse.oauth.basic import MalformedBasic, is_basic, read_basic
from tokenhouse.oauth.client import FIRST_PARTY
from tokenhouse.oauth.errors import NotBasic
from tokenhouse.oauth.scope import narrow
from tokenhouse.possession import needed_sender_key, next_nonce, record
from tokenhouse.settings import TOKEN_PATH
from tokenhouse.sign_in import sign_in
from tokenhouse.tokens.issue import issue

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request

PATH = TOKEN_PATH + "/basic"


async def basic_token(context: Context, request: Request) -> Answer:
    """Issue an access token to the person whose password it is."""
    email, password = _read(request)
    key = needed_sender_key(context, request.proofs, "GET", context.settings.issuer + PATH)
    user, scopes = await sign_in(context, email, password, request.origin)
    scope = narrow(None, scopes)
    approval = Approval(user.id, user.id, FIRST_PARTY.client_id, user.generation, scope)
    await record(context, key)
    response = await issue(context, approval, context.settings.audiences, key)
    headers = [*NO_STORE, *next_nonce(context, key)]
    return json_answer(response, headers, about=("basic", ""))


def _read(request: Request) -> tuple[str, str]:
    if len(request.authorization) != 1 or not is_basic(request.authorization[0]):
        raise NotBasic
    try:
        return read_basic(request.authorization[0])
    except MalformedBasic:
        raise NotBasic from None


ENDPOINT: Endpoint = Endpoint(
    PATH,
    ("GET",),
    basic_token,
    token_openapi.BASIC_TOKEN,
    is_on=lambda settings: settings.basic_token,
)
