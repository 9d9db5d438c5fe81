"""Issuing: an Approval becomes the token response (RFC 6749 section 5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from tokenhouse.crypto.secrets import make_jti

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.approval import Approval
    from tokenhouse.possession import SenderKey


async def issue(
    context: Context,
    approval: Approval,
    audience: str | list[str],
    key: SenderKey | None = None,
) -> dict[str, object]:
    """Make an access token and the response that carries it.

    The `jti` begins with the generation that the token belongs to, so that ending all tokens
    of a subject is one number moved on, exact to the moment and whatever the clocks say.

    Args:
        context: the Context.
        approval: for whom, and with which scope.
        audience: `aud`, the APIs that it is for.
        key: the sender's key that it is bound to (RFC 9449 section 6); None = a bearer token.

    Returns:
        The members of RFC 6749 section 5.1, and `expires_at` (unix seconds) as the reference
        has it.

    """
    clock = context.clock()
    now = int(clock)
    life = context.settings.access_token_ttl
    scope = {} if approval.scope is None else {"scope": approval.scope}
    claims = {
        "iss": context.settings.issuer,
        "sub": approval.subject,
        "aud": audience,
        "client_id": approval.client_id,
        "iat": now,
        "exp": now + life,
        "jti": f"{approval.generation}.{make_jti()}",
        "user_id": approval.user_id,
        **scope,
        **({} if key is None else {"cnf": {"jkt": key.thumbprint}}),
    }
    token = await context.hot.signed.ask(orjson.dumps(claims))
    context.token_log.note(clock, claims)
    context.counted.note(approval.client_id)
    return {
        "access_token": token,
        "token_type": "bearer" if key is None else "DPoP",
        "expires_in": life,
        "expires_at": now + life,
        **scope,
    }
