"""`password` (RFC 6749 section 4.3): for testing; client authentication is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.grants.grant import Grant
from tokenhouse.oauth.approval import Approval
from tokenhouse.oauth.scope import narrow
from tokenhouse.sign_in import sign_in

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.client import AuthenticatedClient


async def approve(context: Context, asked: Asked, client: AuthenticatedClient) -> Approval:
    """Approve for the user whose password it is."""
    who = await sign_in(context, asked.need("username"), asked.need("password"), asked.origin)
    user = who.user
    generation = user.generation + client.generation
    scope = narrow(asked.form.get("scope"), client.scopes if client.user_id else who.scopes)
    return Approval(user.id, user.id, client.client_id, generation, scope)


GRANT = Grant(
    "password", approve, needs_client=False, is_on=lambda settings: settings.password_grant
)
