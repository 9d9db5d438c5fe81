"""What is granted: one file per grant type (RFC 6749 section 4), `GRANTS` their list.

A grant answers one question: for whom, with which scope? All shared steps are the token
endpoint's, so that no grant can forget one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.grants import client_credentials, password
from tokenhouse.oauth.errors import InvalidClient, UnsupportedGrantType

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.grants.grant import Grant
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.client import AuthenticatedClient
    from tokenhouse.settings import Settings

GRANTS: tuple[Grant, ...] = (client_credentials.GRANT, password.GRANT)
_BY_NAME = {grant.name: grant for grant in GRANTS}


def offered(settings: Settings) -> list[str]:
    """Return the names of the grant types that are on."""
    return [grant.name for grant in GRANTS if grant.is_on(settings)]


def choose(context: Context, asked: Asked, client: AuthenticatedClient) -> Grant:
    """Return the grant that was asked for.

    Raises:
        InvalidRequest: `grant_type` is missing.
        UnsupportedGrantType: it is unknown or turned off.
        InvalidClient: it needs client authentication and none was sent.

    """
    grant = _BY_NAME.get(asked.need("grant_type"))
    if grant is None or not grant.is_on(context.settings):
        raise UnsupportedGrantType
    if client.user_id is None and grant.needs_client:
        raise InvalidClient(detail="no client authentication")
    return grant
