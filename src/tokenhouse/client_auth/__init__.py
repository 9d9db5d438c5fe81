"""Who calls: client authentication (RFC 6749 section 2.3), one file per method.

`METHODS` is the table of contents; the metadata document lists their names from it. Exactly
one method may be used in a request; none at all gives the reserved first-party client, which
only a grant that allows it will serve.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from tokenhouse.client_auth import (
    client_secret_basic,
    client_secret_jwt,
    client_secret_post,
    private_key_jwt,
)
from tokenhouse.client_auth.method import NOT_NOW
from tokenhouse.context import NOBODY
from tokenhouse.log import LOGGER
from tokenhouse.oauth.client import FIRST_PARTY, AuthenticatedClient
from tokenhouse.oauth.errors import InvalidClient, InvalidRequest, SlowDown
from tokenhouse.possession import record
from tokenhouse.throttle import WrongProof, key_of

if TYPE_CHECKING:
    from tokenhouse.client_auth.method import Method, Presented, Proof
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.origin import Origin
    from tokenhouse.possession import SenderKey

METHODS: tuple[Method, ...] = (
    client_secret_basic.METHOD,
    client_secret_post.METHOD,
    client_secret_jwt.METHOD,
    private_key_jwt.METHOD,
)
_UUID_LENGTH = 36
_REFUSAL_SECONDS = 0.01  # more than a proof takes


async def authenticate(
    context: Context, asked: Asked, key: SenderKey | None = None
) -> AuthenticatedClient:
    """Tell which client sent the request, and prove it.

    Args:
        context: the Context.
        asked: the request.
        key: the key that its DPoP proof proves; with an assertion, both are recorded at once.

    Returns:
        The client, proven; `FIRST_PARTY` where no authentication was sent at all.

    Raises:
        InvalidRequest: two methods at once, or parameters that contradict each other.
        InvalidClient: the proof does not hold, or the client may not use it.
        InvalidDpopProof: the DPoP proof was used before.
        SlowDown: too many wrong proofs of this client from there.

    """
    found = [(m, presented) for m in METHODS if (presented := m.read(asked)) is not None]
    if not found:
        if asked.authorization is not None:
            raise InvalidClient(detail="an authentication scheme that is not known")
        await record(context, key)
        return FIRST_PARTY  # a client_id alone names a client and proves nothing
    if len(found) > 1:
        msg = "Two client authentication methods at once; use one."
        raise InvalidRequest(msg)
    method, presented = found[0]
    if asked.form.get("client_id", presented.client_id) != presented.client_id:
        msg = "The client_id is not the one that authenticates."
        raise InvalidRequest(msg)
    method.check_form(presented)
    loop = asyncio.get_running_loop()
    moment = loop.time() + _REFUSAL_SECONDS  # of the loop, for its timers keep to its milliseconds
    try:
        client, proof = await _prove(context, method, presented, asked.origin)
    except (InvalidClient, SlowDown):
        # Set before anything was looked up, so that it does not tell whether there was anything.
        await asyncio.sleep(moment - loop.time())
        raise
    if not await record(context, key, proof.use):
        LOGGER.warning("assertion replayed", extra={"client_id": client.client_id})
        raise method.refusal("assertion used before")
    context.last_used.note(client.client_id, proof.secret_id, context.clock(), asked.source)
    return client


async def _prove(
    context: Context, method: Method, presented: Presented, origin: Origin
) -> tuple[AuthenticatedClient, Proof]:
    """Check the proof; an unknown client takes the same steps as a known one."""
    client_id = presented.client_id if _may_exist(presented.client_id) else NOBODY
    known = await context.hot.known.ask(client_id)
    who = known or context.nobody
    proof = method.verify(context, presented, who)
    client, now = who.owned, context.clock()
    if proof is None or known is None:
        wait = await context.hot.wrong.ask(WrongProof(client_id, origin, now))
        _refuse(wait)
        raise method.refusal("wrong or unknown client")
    if known.waits:
        standing = await context.hot.standing.ask(key_of(client_id, origin.source))
        _refuse(standing.wait(now))
    if proof is not NOT_NOW and client.is_over(now):  # people are told who still uses it
        context.last_used.note(client_id, proof.secret_id, now, origin.source)
    if proof is NOT_NOW or not client.is_live(now):
        raise method.refusal("the client or the claims of its assertion are not good now")
    if not client.allows(method.name, keys_alone=context.settings.refuse_secrets_with_keys):
        raise method.refusal("method not allowed by the owner or the settings")
    proven = AuthenticatedClient(
        client.client_id,
        client.user_id,
        client.generation,
        client.may_introspect,
        client.granted(who.scopes),
        method.name,
    )
    return proven, proof


def _refuse(wait: float) -> None:
    if wait:
        raise SlowDown(retry_after=math.ceil(wait))


def _may_exist(client_id: str) -> bool:
    """Keep what can be no client_id (NUL, kilobytes) from the database."""
    return len(client_id) == _UUID_LENGTH and client_id.isascii() and client_id.isprintable()
