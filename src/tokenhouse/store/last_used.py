"""Table `last_used`: when and from where a client last authenticated, by which secret.

Evidence for people who rotate, and best effort: a token costs one assignment in memory, and
each worker writes down every few seconds what it has seen. A table of its own, so that the
token path neither reads nor rewrites it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sqlalchemy import Column, Double, String, Table, select

from tokenhouse.store.clients import clients
from tokenhouse.store.schema import Uuid, insert, metadata
from tokenhouse.store.users import users

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from tokenhouse.store.clients import ClientIds

T = TypeVar("T")
BY_KEY = ""  # in place of a secret_id, where a key of the client's own was the proof
_AT_ONCE = 500  # rows a statement
_MOST_SOURCE = 64
last_used = Table(
    "last_used",
    metadata,
    Column("client_id", Uuid, primary_key=True),
    Column("secret_id", Uuid, primary_key=True),
    Column("used_at", Double, nullable=False),
    Column("source", String(_MOST_SOURCE), nullable=False),
    sqlite_with_rowid=False,
)
_USE = last_used.c


@dataclass(frozen=True, slots=True)
class LastUse:
    """When (unix seconds) and from which address."""

    used_at: float
    source: str


Seen = dict[tuple[str, str], tuple[float, str]]


class Gathered:
    """What this worker has seen since it last wrote it down."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._seen: Seen = {}

    def note(self, client_id: str, secret_id: str, now: float, source: str) -> None:
        """Note that a client authenticated at `now`, unix seconds."""
        self._seen[client_id, secret_id] = (now, source)

    def take(self) -> Seen:
        """Hand over what was seen, and begin anew."""
        taken, self._seen = self._seen, {}
        return taken

    def give_back(self, taken: Seen) -> None:
        """Take back what could not be written; what was seen since is newer."""
        self._seen = taken | self._seen


def rows(seen: Seen) -> Iterator[list[dict[str, object]]]:
    """Give what was seen as rows, so many as one short transaction should write.

    In the order of the key, so that two workers wait for each other rather than deadlock.
    """
    for some in _pieces(sorted(seen.items())):
        yield [
            {"client_id": key[0], "secret_id": key[1], "used_at": at, "source": src[:_MOST_SOURCE]}
            for key, (at, src) in some
        ]


def _pieces(of: Sequence[T]) -> Iterator[Sequence[T]]:
    return (of[at : at + _AT_ONCE] for at in range(0, len(of), _AT_ONCE))


def record(connection: Connection, uses: Sequence[dict[str, object]]) -> None:
    """Write down uses; of two of the same, the later one stays."""
    new = insert(connection.dialect.name, last_used)
    statement = new.on_conflict_do_update(
        index_elements=[_USE.client_id, _USE.secret_id],
        set_={"used_at": new.excluded.used_at, "source": new.excluded.source},
        where=new.excluded.used_at > _USE.used_at,
    )
    connection.execute(statement, uses)


def of_clients(connection: Connection, client_ids: Sequence[str]) -> dict[str, LastUse]:
    """Return the last use of each client, by any secret or key; those never used are left out."""
    found: dict[str, LastUse] = {}
    for some in _pieces(client_ids):
        query = select(_USE.client_id, _USE.used_at, _USE.source)
        query = query.where(_USE.client_id.in_(some)).order_by(_USE.used_at)
        found |= {id_: LastUse(*use) for id_, *use in connection.execute(query)}
    return found


def of_secrets(connection: Connection, client_id: str) -> dict[str, LastUse]:
    """Return the last use of each secret of a client, under `BY_KEY` that of its keys."""
    query = select(_USE.secret_id, _USE.used_at, _USE.source).where(_USE.client_id == client_id)
    return {id_: LastUse(*use) for id_, *use in connection.execute(query)}


class Ending(NamedTuple):
    """A credential that ends while it is in use, its owner, and its last use."""

    client_id: str
    email: str
    expires_at: float
    used_at: float
    source: str


def ending(connection: Connection, used_since: float, until: float, most: int = 20) -> list[Ending]:
    """Return credentials that end before `until` and were used since, those in use first."""
    columns = clients.c.client_id, users.c.email, clients.c.expires_at, _USE.used_at, _USE.source
    query = select(*columns).join(users, users.c.id == clients.c.user_id)
    query = query.join(last_used, _USE.client_id == clients.c.client_id).where(
        clients.c.expires_at < until, clients.c.deleted_at.is_(None), _USE.used_at > used_since
    )
    rows = connection.execute(query.order_by(_USE.used_at.desc()).limit(most))
    return [Ending._make(row) for row in rows]


def remove(connection: Connection, which: ClientIds) -> None:
    """Forget the uses of the clients that `which` selects."""
    connection.execute(last_used.delete().where(_USE.client_id.in_(which)))
