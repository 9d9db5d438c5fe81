"""`client_credentials` (RFC 6749 section 4.4): the client itself is the subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.grants.grant import Grant
from tokenhouse.oauth.approval import Approval
from tokenhouse.oauth.errors import UnauthorizedClient
from tokenhouse.oauth.scope import narrow

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.client import AuthenticatedClient


async def approve(_context: Context, asked: Asked, client: AuthenticatedClient) -> Approval:
    """Approve for the client, on behalf of its owner."""
    if client.user_id is None:
        raise UnauthorizedClient
    scope = narrow(asked.form.get("scope"), client.scopes)
    return Approval(client.client_id, client.user_id, client.client_id, client.generation, scope)


GRANT = Grant("client_credentials", approve)
