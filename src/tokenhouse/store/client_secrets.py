"""Table `client_secrets`: the sealed secrets of a client, several live ones at a time.

Sealed, not hashed: `client_secret_jwt` needs the secret itself to check an HMAC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Double, ForeignKey, String, Table, select

from tokenhouse.store import failures, scopes
from tokenhouse.store.clients import Owned, clients, owned
from tokenhouse.store.lookup import Lookup
from tokenhouse.store.schema import Sealed, Uuid, metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

    from tokenhouse.store.clients import ClientIds
    from tokenhouse.store.lookup import Row

_KEEP = 86400.0  # seconds after the end; a clock that was wrong for less loses nothing
SEAL = "client-secret"  # the purpose under which they are sealed; the identity is secret_id
client_secrets = Table(
    "client_secrets",
    metadata,
    Column("secret_id", Uuid, primary_key=True),
    Column("client_id", Uuid, ForeignKey("clients.client_id"), nullable=False, index=True),
    Column("sealed", Sealed(SEAL, "secret_id"), nullable=False),
    Column("label", String(200), nullable=False),
    Column("hint", String(8), nullable=False, index=True),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, index=True),
)


class ClientSecret(NamedTuple):
    """One row; `hint` is the end of the secret, to tell it from others."""

    secret_id: str
    client_id: str
    sealed: bytes
    label: str
    hint: str
    created_at: float
    expires_at: float | None

    @property
    def known(self) -> KnownSecret:
        """What checking it needs to know."""
        return KnownSecret(self.secret_id, self.sealed, self.expires_at)


class KnownSecret(NamedTuple):
    """Of one row, what checking the secret needs to know."""

    secret_id: str
    sealed: bytes
    expires_at: float | None

    def is_live(self, now: float) -> bool:
        """Tell whether the secret may be used at `now`, unix seconds."""
        return self.expires_at is None or now < self.expires_at


class Known(NamedTuple):
    """A client with its secrets: what authenticating it needs to know.

    Attributes:
        owned: the client.
        secrets: all that are kept of it.
        scopes: those that the operator has defined; None = scopes are off.
        waits: whether one has to wait from somewhere.

    """

    owned: Owned
    secrets: tuple[KnownSecret, ...]
    scopes: tuple[str, ...] | None = None
    waits: bool = False


_SECRET = client_secrets.c
_known = owned.add_columns(
    *(_SECRET[name] for name in KnownSecret._fields),
    scopes.defined,
    failures.are_waited_for(clients.c.client_id),
).outerjoin(client_secrets, _SECRET.client_id == clients.c.client_id)
_OWNED, _SECRET_ID = slice(len(Owned._fields)), len(Owned._fields)
_SECRET_COLUMNS = slice(_SECRET_ID, -2)


def add(connection: Connection, secret: ClientSecret) -> None:
    """Add a secret."""
    connection.execute(client_secrets.insert(), secret._asdict())


def _by_client(rows: Iterable[Row]) -> dict[str, Known | None]:
    of_client: dict[str, list[Row]] = {}
    for row in rows:
        of_client.setdefault(row[0], []).append(row)
    return {client_id: _gather(its) for client_id, its in of_client.items()}


def _gather(rows: list[Row]) -> Known:
    first = rows[0]
    secrets = (row[_SECRET_COLUMNS] for row in rows if row[_SECRET_ID] is not None)
    return Known(
        Owned._make(first[_OWNED]),
        tuple(map(KnownSecret._make, secrets)),
        scopes.split(first[-2]),
        bool(first[-1]),
    )


known: Lookup[Known | None] = Lookup(_known, clients.c.client_id, _by_client, None)
"""The clients with these ids, and their secrets."""


def of_client(connection: Connection, client_id: str) -> list[ClientSecret]:
    """Return a client's secrets, oldest first, also those that have ended."""
    order = (_SECRET.created_at, _SECRET.secret_id)
    query = select(client_secrets).where(_SECRET.client_id == client_id).order_by(*order)
    return [ClientSecret._make(row) for row in connection.execute(query)]


def with_hints(connection: Connection, hints: Collection[str]) -> list[ClientSecret]:
    """Return the secrets with these hints, also those that have ended."""
    query = select(client_secrets).where(_SECRET.hint.in_(hints))
    return [ClientSecret._make(row) for row in connection.execute(query)]


def end_at(connection: Connection, secret_ids: Sequence[str], end: float) -> None:
    """Let secrets end at `end`, unix seconds."""
    which = client_secrets.update().where(_SECRET.secret_id.in_(secret_ids))
    connection.execute(which.values(expires_at=end))


def remove(connection: Connection, secret_id: str) -> None:
    """Forget one secret."""
    connection.execute(client_secrets.delete().where(_SECRET.secret_id == secret_id))


def remove_of(connection: Connection, which: ClientIds) -> None:
    """Forget the secrets of the clients that `which` selects: what is gone cannot leak."""
    connection.execute(client_secrets.delete().where(_SECRET.client_id.in_(which)))


def purge(connection: Connection, now: float) -> None:
    """Forget secrets that ended a day before `now`; they are refused from their end on anyway."""
    connection.execute(client_secrets.delete().where(_SECRET.expires_at < now - _KEEP))
