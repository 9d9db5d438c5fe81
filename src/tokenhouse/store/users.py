"""Table `users`: people who sign in and own credentials."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    func,
    select,
)
from sqlalchemy.exc import IntegrityError

from tokenhouse.store import scopes
from tokenhouse.store.lookup import Lookup
from tokenhouse.store.schema import Uuid, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from tokenhouse.store.lookup import Row

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", String(320), nullable=False),
    Column("email_key", String(320), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("is_superuser", Boolean, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("tokens_ended_at", Double, index=True),
    Column("all_tokens_ended_at", Double),
    sqlite_with_rowid=False,
)

_KEPT = users.c.email != ""
_BY_EMAIL = select(users, scopes.defined).where(users.c.email_key == bindparam("key"))


class EmailTaken(Exception):
    """Another user has this e-mail address, or one that compares equal."""


class User(NamedTuple):
    """One row.

    Attributes:
        generation: moves on when all the user's own tokens must end.
        tokens_ended_at: when it last did, unix seconds.
        all_tokens_ended_at: when the tokens of the user's credentials last ended too.

    """

    id: str
    email: str
    email_key: str
    password_hash: str
    is_active: bool
    is_superuser: bool
    is_verified: bool
    generation: int
    created_at: float
    tokens_ended_at: float | None = None
    all_tokens_ended_at: float | None = None


class Known(NamedTuple):
    """A user, and the names of all scopes; None where scopes are off."""

    user: User
    scopes: tuple[str, ...] | None


def email_key(email: str) -> str:
    """Return what e-mail addresses are compared by: NFKC, casefold, NFKC."""
    folded = unicodedata.normalize("NFKC", email).casefold()
    return unicodedata.normalize("NFKC", folded)


def add(connection: Connection, user: User) -> None:
    """Add a user.

    Raises:
        EmailTaken: see there; the database's unique constraint decides.

    """
    row = user._asdict()
    try:
        connection.execute(users.insert(), row)
    except IntegrityError:
        raise EmailTaken from None


def _by_id(rows: Iterable[Row]) -> dict[str, User | None]:
    return {row[0]: User._make(row) for row in rows}


by_ids: Lookup[User | None] = Lookup(select(users), users.c.id, _by_id, None)
"""The users with these ids, disabled and deleted ones too."""


def by_email(connection: Connection, email: str) -> User | None:
    """Return the user with this e-mail address, compared by its key."""
    known = known_by_email(connection, email)
    return known.user if known else None


def known_by_email(connection: Connection, email: str) -> Known | None:
    """Return the same, and which scopes there are."""
    row = connection.execute(_BY_EMAIL, {"key": email_key(email)}).one_or_none()
    return Known(User._make(row[:-1]), scopes.split(row[-1])) if row else None


def is_any(connection: Connection) -> bool:
    """Tell whether there is a user."""
    return connection.execute(select(users.c.id).where(_KEPT).limit(1)).first() is not None


def is_any_admin(connection: Connection) -> bool:
    """Tell whether an active user is an administrator."""
    query = select(users.c.id).where(users.c.is_superuser, users.c.is_active).limit(1)
    return connection.execute(query).first() is not None


def newest(connection: Connection) -> float:
    """Return when the newest user was made, unix seconds; 0 where there is none."""
    return connection.execute(select(func.max(users.c.created_at))).scalar() or 0.0


def every(connection: Connection) -> list[User]:
    """Return all users, oldest first."""
    query = select(users).where(_KEPT).order_by(users.c.created_at, users.c.id)
    return [User._make(row) for row in connection.execute(query)]


def hold(connection: Connection, id_: str) -> None:
    """Keep others from changing one user until the end of the transaction."""
    connection.execute(select(users.c.id).where(users.c.id == id_).with_for_update())


def change(connection: Connection, id_: str, **values: Any) -> None:  # noqa: ANN401 - because columns differ in type
    """Change columns of one user."""
    connection.execute(users.update().where(users.c.id == id_).values(**values))


def end_tokens(connection: Connection, id_: str, now: float, *, credentials: bool = False) -> None:
    """End all tokens that the user got with the password, or the credentials' too, at `now`."""
    ended = {"all_tokens_ended_at": now} if credentials else {}
    change(connection, id_, generation=users.c.generation + 1, tokens_ended_at=now, **ended)


def ended_since(connection: Connection, since: float) -> dict[str, dict[str, float]]:
    """Return whose tokens ended after `since`: `users` their own, `owners` their clients' too."""
    query = select(users.c.id, users.c.tokens_ended_at, users.c.all_tokens_ended_at)
    rows = connection.execute(query.where(users.c.tokens_ended_at > since).order_by("id")).all()
    return {
        "users": {row.id: row.tokens_ended_at for row in rows},
        "owners": {
            row.id: row.all_tokens_ended_at
            for row in rows
            if row.all_tokens_ended_at is not None and row.all_tokens_ended_at > since
        },
    }


def blank(connection: Connection, id_: str) -> None:
    """Delete a user, keeping the bare row so that its id still means something."""
    gone = f"deleted:{id_}"
    values = {"email": "", "email_key": gone, "password_hash": "", "is_active": False}
    change(connection, id_, **values)
