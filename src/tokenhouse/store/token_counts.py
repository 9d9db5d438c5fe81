"""Table `token_counts`: how many tokens a client got in each hour and each day (UTC).

Figures for people, and best effort: a token costs one addition in memory, and each worker writes
down every few seconds what it has counted (docs/decisions/0010). What a database that went away
had in hand may be counted twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, Index, Integer, Table, delete, select, tuple_

from tokenhouse.store.schema import Uuid, insert, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tokenhouse.store.clients import ClientIds

HOUR, DAY = 3600, 86400  # seconds
KEEP = {HOUR: 2 * DAY, DAY: 31 * DAY}  # seconds from the beginning of a span
_AT_ONCE = 250  # clients a transaction, two rows each
token_counts = Table(
    "token_counts",
    metadata,
    Column("client_id", Uuid, primary_key=True),
    Column("span", Integer, primary_key=True),
    Column("begins_at", BigInteger, primary_key=True),
    Column("tokens", BigInteger, nullable=False),
    Index("ix_token_counts_begins_at", "span", "begins_at"),
    sqlite_with_rowid=False,
)
_COUNT = token_counts.c


Tokens = dict[str, int]


class Counted:
    """What this worker has counted since it last wrote it down, by client."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._tokens: Tokens = {}

    def note(self, client_id: str, tokens: int = 1) -> None:
        """Count tokens of a client."""
        self._tokens[client_id] = self._tokens.get(client_id, 0) + tokens

    def take(self) -> Tokens:
        """Hand over what was counted, and begin anew."""
        taken, self._tokens = self._tokens, {}
        return taken

    def give_back(self, taken: Tokens) -> None:
        """Take back what could not be written."""
        for client_id, tokens in taken.items():
            self.note(client_id, tokens)


def pieces(counted: Tokens) -> Iterator[Tokens]:
    """Empty `counted`, so much at a time as one short transaction should write.

    In the order of the key, so that two workers wait for each other rather than deadlock.
    """
    order = sorted(counted)
    for at in range(0, len(order), _AT_ONCE):
        yield {client_id: counted.pop(client_id) for client_id in order[at : at + _AT_ONCE]}


def record(connection: Connection, counted: Tokens, now: float) -> None:
    """Add tokens that were counted a moment before `now`, unix seconds."""
    rows = [
        {"client_id": one, "span": span, "begins_at": begin(now, span), "tokens": tokens}
        for one, tokens in counted.items()
        for span in (HOUR, DAY)
    ]
    new = insert(connection.dialect.name, token_counts)
    statement = new.on_conflict_do_update(
        index_elements=[_COUNT.client_id, _COUNT.span, _COUNT.begins_at],
        set_={"tokens": _COUNT.tokens + new.excluded.tokens},
    )
    connection.execute(statement, rows)


def begin(now: float, span: int) -> int:
    """Return when the span began that `now` is in, both unix seconds."""
    return int(now // span) * span


def of_client(connection: Connection, client_id: str, span: int, since: int) -> dict[int, int]:
    """Return the tokens of a client by the beginning of each span; those without are left out.

    Args:
        connection: where to ask.
        client_id: the client.
        span: `HOUR` or `DAY`.
        since: the beginning of the first span that is wanted, unix seconds.

    """
    query = select(_COUNT.begins_at, _COUNT.tokens).where(
        _COUNT.client_id == client_id, _COUNT.span == span, _COUNT.begins_at >= since
    )
    return {row.begins_at: row.tokens for row in connection.execute(query)}


def remove(connection: Connection, which: ClientIds) -> None:
    """Forget the counts of the clients that `which` selects."""
    connection.execute(token_counts.delete().where(_COUNT.client_id.in_(which)))


def purge(connection: Connection, now: float, most: int = 5000) -> int:
    """Forget at most `most` counts that are older than they are kept; return how many."""
    key = tuple_(*token_counts.primary_key.columns)
    removed = 0
    for span, seconds in KEEP.items():
        old = select(*token_counts.primary_key.columns).where(
            _COUNT.span == span, _COUNT.begins_at < now - seconds
        )
        done = connection.execute(delete(token_counts).where(key.in_(old.limit(most))))
        removed += done.rowcount
    return removed
