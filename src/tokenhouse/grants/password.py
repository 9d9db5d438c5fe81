"""`password` (RFC 6749 section 4.3): for testing; client authentication is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.grants.grant import Grant
from tokenhouse.oauth.approval import Approval
from tokenhouse.oauth.scope import narrow
from tokenhouse.sign_in import sign_in
from tokenhouse.store import scopes

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.client import AuthenticatedClient


async def approve(context: Context, asked: Asked, client: AuthenticatedClient) -> Approval:
    """Approve for the user whose password it is."""
    user = await sign_in(context, asked.need("username"), asked.need("password"), asked.origin)
    generation = user.generation + client.generation
    allowed = client.scopes if client.user_id else await context.database.read(scopes.names)
    scope = narrow(asked.form.get("scope"), allowed)
    return Approval(user.id, user.id, client.client_id, generation, scope)


GRANT = Grant(
    "password", approve, needs_client=False, is_on=lambda settings: settings.password_grant
)
