"""Sessions of the console: a browser that a person has signed in with.

They end after an hour without a request, twelve hours after the sign-in, with a sign-out, and with
whatever ends the user's own tokens (docs/decisions/0061).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from tokenhouse.audit import Event
from tokenhouse.crypto.secrets import make_cookie
from tokenhouse.manage.errors import NotFound
from tokenhouse.store import sessions, users
from tokenhouse.store.sessions import MOST_AGENT, MOST_SOURCE, Session

if TYPE_CHECKING:
    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection
    from tokenhouse.store.users import User

IDLE = 3600.0  # seconds without a request
LONGEST = 12 * 3600.0  # seconds
_NOTED_EVERY = 60.0  # seconds


class SignedIn(NamedTuple):
    """A person and the browser session that shows it."""

    user: User
    session: Session


def begin(connection: Connection, context: Context, user: User, source: str, agent: str) -> str:
    """Begin a session of somebody who has just signed in.

    Args:
        connection: a write transaction.
        context: the Context.
        user: as `sign_in` returned it.
        source: the address of the browser.
        agent: what the browser calls itself.

    Returns:
        What the cookie is to hold; it is not kept.

    """
    cookie, now = make_cookie(), context.clock()
    readable = "".join(letter for letter in agent if letter.isprintable())
    row = Session(
        _id(cookie),
        user.id,
        user.generation,
        created_at=now,
        seen_at=now,
        ends_at=now + IDLE,
        source=source[:MOST_SOURCE],
        agent=readable[:MOST_AGENT],
    )
    sessions.add(connection, row)
    return cookie


async def find(context: Context, cookie: str, *, by_hand: bool = True) -> SignedIn | None:
    """Return who shows this cookie; None where its session is not good now.

    Args:
        context: the Context.
        cookie: what it holds.
        by_hand: a person did something; what a page asks by itself prolongs nothing.

    """
    now = context.clock()
    found = await context.database.read(lambda c: sessions.find(c, _id(cookie), now))
    if found is None:
        return None
    session, user = found
    if by_hand and now - session.seen_at >= _NOTED_EVERY:
        end = min(now + IDLE, session.created_at + LONGEST)
        await context.database.write(lambda c: sessions.prolong(c, session.id, now, end))
    return SignedIn(user, session)


def list_own(connection: Connection, context: Context, user_id: str) -> list[Session]:
    """Return a user's sessions that are good now, the one seen last first."""
    user = users.by_ids(connection, [user_id])[0]
    return [] if user is None else sessions.of_user(connection, user, context.clock())


def end(connection: Connection, context: Context, actor: Actor, session_id: str) -> None:
    """End one of the actor's sessions.

    Raises:
        NotFound: there is none, or it is another's.

    """
    user_id, fit = actor.user_id, session_id.isprintable()
    if not fit or not sessions.remove(connection, user_id, session_id):
        raise NotFound
    context.trail.record(connection, actor, Event("session.ended", f"user:{user_id}", user_id))


def _id(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
