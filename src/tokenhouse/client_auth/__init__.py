"""Who calls: client authentication (RFC 6749 section 2.3), one file per method.

`METHODS` is the table of contents; the metadata document lists their names from it. Exactly
one method may be used in a request; none at all gives the reserved first-party client, which
only a grant that allows it will serve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.client_auth import (
    client_secret_basic,
    client_secret_jwt,
    client_secret_post,
    private_key_jwt,
)
from tokenhouse.context import NOBODY
from tokenhouse.log import LOGGER
from tokenhouse.oauth.client import FIRST_PARTY, AuthenticatedClient
from tokenhouse.oauth.errors import InvalidClient, InvalidRequest

if TYPE_CHECKING:
    from tokenhouse.client_auth.method import Method, Presented
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked

METHODS: tuple[Method, ...] = (
    client_secret_basic.METHOD,
    client_secret_post.METHOD,
    client_secret_jwt.METHOD,
    private_key_jwt.METHOD,
)
_UUID_LENGTH = 36


async def authenticate(context: Context, asked: Asked) -> AuthenticatedClient:
    """Tell which client sent the request, and prove it.

    Returns:
        The client, proven; `FIRST_PARTY` where no authentication was sent at all.

    Raises:
        InvalidRequest: two methods at once, or parameters that contradict each other.
        InvalidClient: the proof does not hold, or the client may not use it.

    """
    found = [(m, presented) for m in METHODS if (presented := m.read(asked)) is not None]
    if not found:
        if asked.authorization is not None:
            raise InvalidClient(detail="an authentication scheme that is not known")
        return FIRST_PARTY  # a client_id alone names a client and proves nothing
    if len(found) > 1:
        msg = "Two client authentication methods at once; use one."
        raise InvalidRequest(msg)
    method, presented = found[0]
    if asked.form.get("client_id", presented.client_id) != presented.client_id:
        msg = "The client_id is not the one that authenticates."
        raise InvalidRequest(msg)
    method.check_form(presented)
    return await _prove(context, method, presented, asked.source)


async def _prove(
    context: Context, method: Method, presented: Presented, source: str
) -> AuthenticatedClient:
    """Check the proof; an unknown client takes the same steps as a known one."""
    client_id = presented.client_id if _may_exist(presented.client_id) else NOBODY
    known = await context.hot.known.ask(client_id)
    who = known or context.nobody
    proof = method.verify(context, presented, who)
    client, now = who.owned.client, context.clock()
    if not proof or known is None or not who.owned.is_live(now):
        raise method.refusal("wrong or unknown client")
    if not client.allows(method.name, keys_alone=context.settings.refuse_secrets_with_keys):
        raise method.refusal("method not allowed by the owner or the settings")
    if proof.use is not None and (
        proof.use[1] <= who.uses_purged_until or not await context.hot.use.ask(proof.use)
    ):
        LOGGER.warning("assertion replayed", extra={"client_id": client.client_id})
        raise method.refusal("assertion used before")
    context.last_used.note(client.client_id, proof.secret_id, now, source)
    return AuthenticatedClient(
        client.client_id,
        client.user_id,
        client.generation,
        client.may_introspect,
        client.granted(who.scopes),
    )


def _may_exist(client_id: str) -> bool:
    """Keep what can be no client_id (NUL, kilobytes) from the database."""
    return len(client_id) == _UUID_LENGTH and client_id.isascii() and client_id.isprintable()
