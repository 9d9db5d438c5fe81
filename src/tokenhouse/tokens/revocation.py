"""Revoking access tokens (RFC 7009), and telling those who verify offline.

The feed is a JWT of what has ended early and would still verify: tokens by `jti`, and clients
and users with a not-before. It is small because tokens live 15 minutes: an entry is gone when
the last token that it speaks of has ended.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

import orjson

from tokenhouse.audit import Event
from tokenhouse.log.tokens import digest
from tokenhouse.store import clients, revoked_tokens, users

if TYPE_CHECKING:
    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection
    from tokenhouse.tokens.access_token import AccessToken

TYPE = "revocations+jwt"
LONGEST_LIFE = 3600  # seconds: the longest that `access_token_ttl` may be, whatever it is now
_FEED_LIFE = 300
_FRESH_EVERY = 60


async def revoke(context: Context, token: AccessToken, actor: Actor) -> None:
    """Revoke a token; when this returns, no worker accepts it."""

    def work(connection: Connection) -> None:
        context.trail.record(connection, actor, end(connection, token, context.clock()))

    await context.database.write_even_if_full(work)


def end(connection: Connection, token: AccessToken, now: float) -> Event:
    """Revoke a token within a transaction; return what is to be recorded."""
    jti = str(token.claims["jti"])
    revoked_tokens.add(
        connection,
        jti,
        client_id=token.client_id,
        user_id=token.user.id,
        ends_at=float(str(token.claims["exp"])),
        now=now,
    )
    details = {"client_id": token.client_id}
    return Event("token.revoked", f"token:{digest(jti)}", token.user.id, details=details)


async def feed(context: Context) -> tuple[str, str]:
    """Make the feed.

    Returns:
        The signed JWT, and an entity tag that changes when what it says does, or once a
        minute, so that a copy never outlives its `exp`.

    """
    now = context.clock()
    ended = await context.database.read(partial(_ended, now=now))
    tag = hashlib.sha256(orjson.dumps([ended, now // _FRESH_EVERY])).hexdigest()[:32]
    claims = {
        "iss": context.settings.issuer,
        "iat": int(now),
        "exp": int(now) + _FEED_LIFE,
        **ended,
    }
    return context.keyring.current.sign(orjson.dumps(claims), TYPE), f'"{tag}"'


def _ended(connection: Connection, now: float) -> dict[str, dict[str, int]]:
    """Gather what has ended early; times are rounded up, so that a second ends as a whole."""
    since = now - LONGEST_LIFE
    found = {
        "tokens": revoked_tokens.living(connection, now),
        "clients": clients.ended_since(connection, since, now),
        **users.ended_since(connection, since),
    }
    return {
        kind: {key: int(-(-when // 1)) for key, when in entries.items()}
        for kind, entries in found.items()
    }
