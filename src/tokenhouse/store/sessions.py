"""Table `sessions`: browsers that are signed in to the console.

A row is named by the SHA-256 of what the browser's cookie holds, so that nobody who reads the
table can sign in with it. It belongs to the user's generation at its beginning: whatever ends the
user's own tokens (a new password, disabling, deleting) ends the sessions with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Double, ForeignKey, Integer, String, Table, select

from tokenhouse.store.schema import Uuid, metadata
from tokenhouse.store.users import User, users

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_SOURCE = 64
MOST_AGENT = 200
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False, index=True),
    Column("source", String(MOST_SOURCE), nullable=False),
    Column("agent", String(MOST_AGENT), nullable=False),
)
_SESSION = sessions.c


class Session(NamedTuple):
    """One row; times in unix seconds.

    Attributes:
        id: SHA-256 of what the cookie holds, hexadecimal.
        generation: the user's own at the beginning.
        seen_at: the last request, give or take a minute.
        ends_at: from then on it is refused.
        source: the address that it began from.
        agent: what the browser called itself then.

    """

    id: str
    user_id: str
    generation: int
    created_at: float
    seen_at: float
    ends_at: float
    source: str
    agent: str


def add(connection: Connection, session: Session) -> None:
    """Add a session."""
    connection.execute(sessions.insert(), session._asdict())


def find(connection: Connection, session_id: str, now: float) -> tuple[Session, User] | None:
    """Return a session that is good at `now`, and whose it is."""
    query = select(sessions, users).join(users, users.c.id == _SESSION.user_id)
    query = query.where(
        _SESSION.id == session_id,
        _SESSION.ends_at > now,
        _SESSION.generation == users.c.generation,
        users.c.is_active,
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    width = len(sessions.columns)
    return Session._make(row[:width]), User._make(row[width:])


def of_user(connection: Connection, user: User, now: float) -> list[Session]:
    """Return the sessions of a user that are good at `now`, the one seen last first."""
    query = select(sessions).where(
        _SESSION.user_id == user.id,
        _SESSION.ends_at > now,
        _SESSION.generation == user.generation,
    )
    rows = connection.execute(query.order_by(_SESSION.seen_at.desc(), _SESSION.id))
    return [Session._make(row) for row in rows]


def prolong(connection: Connection, session_id: str, now: float, ends_at: float) -> None:
    """Note that a session was seen at `now`, and when it ends."""
    which = sessions.update().where(_SESSION.id == session_id)
    connection.execute(which.values(seen_at=now, ends_at=ends_at))


def remove(connection: Connection, user_id: str, session_id: str) -> bool:
    """End a session of this user; tell whether there was one."""
    which = sessions.delete().where(_SESSION.id == session_id, _SESSION.user_id == user_id)
    return connection.execute(which).rowcount > 0


def purge(connection: Connection, now: float) -> None:
    """Forget sessions that ended before `now`."""
    connection.execute(sessions.delete().where(_SESSION.ends_at < now))
