"""Table `clients`: app credentials, as protocol code sees them.

Deleting marks the row: it stays so that introspection and audit can still tell, and its
`client_id` never comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    select,
    tuple_,
)

from tokenhouse.store.lookup import Lookup
from tokenhouse.store.schema import Uuid, metadata
from tokenhouse.store.users import users

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Select

    from tokenhouse.store.lookup import Row

    ClientIds = Select[tuple[str]]

SECRET_METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
KEY_METHOD = "private_key_jwt"
clients = Table(
    "clients",
    metadata,
    Column("client_id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("disabled", Boolean, nullable=False),
    Column("deleted_at", Double),
    Column("auth_methods", Text),
    Column("parent_id", Uuid, ForeignKey("clients.client_id")),
    Column("may_introspect", Boolean, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("tokens_ended_at", Double, index=True),
    Column("scopes", Text),
    Column("jwks", Text),
    Index("ix_clients_expires_at", "expires_at"),
    Index("ix_clients_owner", "user_id", "created_at", "client_id"),
    Index("ix_clients_parent", "parent_id"),
    sqlite_with_rowid=False,
)


class Client(NamedTuple):
    """One row.

    Attributes:
        auth_methods: the methods the owner allows, space-separated; None = any.
        parent_id: the credential whose token made this one.
        generation: moves on when all the client's tokens must end.
        created_by: who made it: `user:ID`, `client:ID` or `operator`.
        tokens_ended_at: when they last ended, unix seconds.
        scopes: what may be granted to it, space-separated; None = all that are defined.
        jwks: its public keys, a JSON object with `keys` (RFC 7517 section 5); None = none.

    """

    client_id: str
    user_id: str
    name: str
    description: str
    created_at: float
    expires_at: float | None
    disabled: bool
    deleted_at: float | None
    auth_methods: str | None
    parent_id: str | None
    may_introspect: bool
    generation: int
    created_by: str
    tokens_ended_at: float | None = None
    scopes: str | None = None
    jwks: str | None = None

    def owned(self, *, active: bool) -> Owned:
        """Return what a check needs to know, where the owner is active or not."""
        return Owned._make((*(getattr(self, name) for name in _NEEDED), active))


class Owned(NamedTuple):
    """What a check of a client or of its tokens needs to know: some columns, one of its owner's.

    Less than all, for each token pays for what is read.
    """

    client_id: str
    user_id: str
    expires_at: float | None
    disabled: bool
    deleted_at: float | None
    auth_methods: str | None
    may_introspect: bool
    generation: int
    scopes: str | None
    jwks: str | None
    owner_active: bool

    def is_live(self, now: float) -> bool:
        """Tell whether the client may be used at `now`, unix seconds."""
        ended = self.disabled or self.deleted_at is not None or self.is_over(now)
        return self.owner_active and not ended

    def is_over(self, now: float) -> bool:
        """Tell whether its time has run out at `now`, unix seconds."""
        return self.expires_at is not None and self.expires_at <= now

    def granted(self, defined: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Return what may be granted of the `defined` scopes; None where scopes are off."""
        if defined is None or self.scopes is None:
            return defined
        mine = self.scopes.split(" ")
        return tuple(name for name in defined if name in mine)

    def allows(self, method: str, *, keys_alone: bool) -> bool:
        """Tell whether this authentication method may be used.

        Args:
            method: its wire value.
            keys_alone: secrets are refused once there are keys (`refuse_secrets_with_keys`).

        """
        if keys_alone and self.jwks is not None and method != KEY_METHOD:
            return False
        return self.auth_methods is None or method in self.auth_methods.split(" ")


_NEEDED = Owned._fields[:-1]
owned = select(*(clients.c[name] for name in _NEEDED), users.c.is_active).join(
    users, users.c.id == clients.c.user_id
)
_kept = clients.c.deleted_at.is_(None)


def add(connection: Connection, client: Client) -> None:
    """Add a client."""
    connection.execute(clients.insert(), client._asdict())


def _by_id(rows: Iterable[Row]) -> dict[str, Owned | None]:
    return {row[0]: Owned._make(row) for row in rows}


by_ids: Lookup[Owned | None] = Lookup(owned, clients.c.client_id, _by_id, None)
"""The clients with these ids, deleted ones too."""


def find(
    connection: Connection, client_id: str, *, owner: str | None = None, held: bool = False
) -> Client | None:
    """Return the client with this id unless it is deleted.

    Args:
        connection: where to ask.
        client_id: any text.
        owner: whose it must be; None = anybody's.
        held: keep other changes of it out until the end of the transaction.

    """
    query = select(clients).where(clients.c.client_id == client_id, _kept)
    if owner is not None:
        query = query.where(clients.c.user_id == owner)
    row = connection.execute(query.with_for_update() if held else query).one_or_none()
    return Client._make(row) if row else None


def of_user(
    connection: Connection,
    user_id: str | None,
    *,
    limit: int | None = None,
    after: tuple[float, str] | None = None,
) -> list[Client]:
    """Return a user's clients, oldest first.

    Args:
        connection: where to ask.
        user_id: the owner; None = every user's.
        limit: at most so many; None = all.
        after: `created_at` and `client_id` of the last one seen.

    """
    order = (clients.c.created_at, clients.c.client_id)
    query = select(clients).where(_kept).order_by(*order)
    if user_id is not None:
        query = query.where(clients.c.user_id == user_id)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    return [Client._make(row) for row in connection.execute(query.limit(limit))]


def change(connection: Connection, client_id: str, **values: Any) -> None:  # noqa: ANN401 - because columns differ in type
    """Change columns of one client."""
    connection.execute(clients.update().where(clients.c.client_id == client_id).values(**values))


def end_tokens(
    connection: Connection, now: float, *, client_id: str = "", user_id: str = ""
) -> None:
    """End all tokens of one client, or of all clients of a user, at `now`."""
    which = clients.c.client_id == client_id if client_id else clients.c.user_id == user_id
    moved = {"generation": clients.c.generation + 1, "tokens_ended_at": now}
    connection.execute(clients.update().where(which).values(**moved))


def ended_since(connection: Connection, since: float, now: float) -> dict[str, float]:
    """Return the clients whose tokens ended after `since`, also by expiry until `now`."""
    ended = select(clients.c.client_id, clients.c.tokens_ended_at)
    expired = select(clients.c.client_id, clients.c.expires_at)
    found: dict[str, float] = {}
    for query in (
        ended.where(clients.c.tokens_ended_at > since),
        expired.where(clients.c.expires_at > since, clients.c.expires_at <= now),
    ):
        for client_id, when in connection.execute(query.order_by(clients.c.client_id)):
            found[client_id] = max(when, found.get(client_id, 0.0))
    return found


def family(client_id: str) -> ClientIds:
    """Select the ids of a client, of all that it created, and of theirs."""
    found = select(clients.c.client_id).where(clients.c.client_id == client_id).cte(recursive=True)
    found = found.union(
        select(clients.c.client_id).join(found, clients.c.parent_id == found.c.client_id)
    )
    return select(found.c.client_id)


def made_by(connection: Connection, client_id: str) -> list[Client]:
    """Return the clients that a client created, and theirs, oldest first."""
    query = select(clients).where(clients.c.client_id.in_(family(client_id)), _kept)
    query = query.where(clients.c.client_id != client_id)
    rows = connection.execute(query.order_by(clients.c.created_at, clients.c.client_id))
    return [Client._make(row) for row in rows]


def owned_by(user_id: str) -> ClientIds:
    """Select the ids of all clients of a user, deleted ones too."""
    return select(clients.c.client_id).where(clients.c.user_id == user_id)


def delete(connection: Connection, which: ClientIds, now: float) -> list[Client]:
    """Mark the clients that `which` selects as deleted at `now`; return those."""
    marked = clients.update().where(clients.c.client_id.in_(which), _kept).returning(clients)
    rows = connection.execute(marked.values(deleted_at=now, tokens_ended_at=now))
    return [Client(*row) for row in rows]
