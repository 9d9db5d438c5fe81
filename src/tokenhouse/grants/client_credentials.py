"""`client_credentials` (RFC 6749 section 4.4): the client itself is the subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.grants.grant import Grant
from tokenhouse.oauth.approval import Approval
from tokenhouse.oauth.errors import UnauthorizedClient

if TYPE_CHECKING:
    from tokenhouse.client_auth.method import AuthenticatedClient
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked


async def approve(_context: Context, _asked: Asked, client: AuthenticatedClient) -> Approval:
    """Approve for the client, on behalf of its owner."""
    row = client.client
    if row is None:
        raise UnauthorizedClient
    return Approval(row.client_id, row.user_id, row.client_id, row.generation)


GRANT = Grant("client_credentials", approve)
