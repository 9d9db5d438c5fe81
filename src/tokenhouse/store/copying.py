"""Copying all tables from one database to another, and proving that they are the same.

The proof is a count and a checksum of each table. The checksum adds the digests of the rows,
so it is the same in whatever order a database gives them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, bindparam, func, select

from tokenhouse.store import (
    audit_events,
    client_secrets,
    clients,
    deliveries,
    failures,
    installation,
    last_used,
    leases,
    revoked_tokens,
    scopes,
    sessions,
    signing_keys,
    token_counts,
    used_once,
    users,
    webhooks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    Tell = Callable[[str, int, int], None]
    """Told which table, how many of its rows are done, and of how many."""

_STREAMED = {"yield_per": 5000}
_MODULUS = 2**64


@dataclass(frozen=True, slots=True)
class Sum:
    """What a table comes to."""

    count: int
    checksum: int


TABLES: tuple[Table, ...] = (  # all of them, each after those that it refers to
    installation.installation,
    signing_keys.signing_keys,
    leases.leases,
    scopes.scopes,
    users.users,
    clients.clients,
    client_secrets.client_secrets,
    used_once.used_once,
    revoked_tokens.revoked_tokens,
    failures.failures,
    last_used.last_used,
    token_counts.token_counts,
    audit_events.audit_events,
    audit_events.audit_head,
    sessions.sessions,
    webhooks.webhooks,
    deliveries.deliveries,
)


def count(connection: Connection, table: Table) -> int:
    """Return how many rows a table has."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def add_up(connection: Connection, table: Table, tell: Tell) -> Sum:
    """Read a table whole and add it up."""
    of, done, checksum = count(connection, table), 0, 0
    for rows in _read(connection, table):
        for row in rows:
            digest = hashlib.blake2b(repr(tuple(row)).encode(), digest_size=8).digest()
            checksum = (checksum + int.from_bytes(digest)) % _MODULUS
        done += len(rows)
        tell(table.name, done, of)
    return Sum(done, checksum)


def copy(source: Connection, target: Connection, table: Table, tell: Tell) -> None:
    """Copy all rows of a table into an empty one."""
    of, done = count(source, table), 0
    own = _references_to_itself(table)
    for rows in _read(source, table):
        given = [dict(row._mapping) for row in rows]  # noqa: SLF001 - because it is public by documentation
        target.execute(table.insert(), [{**row, **dict.fromkeys(own)} for row in given])
        done += len(rows)
        tell(table.name, done, of)
    for column in own:  # now that every row is there that they may refer to
        _refer(source, target, table, column)


def _read(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    return connection.execute(select(table), execution_options=_STREAMED).partitions()


def _references_to_itself(table: Table) -> list[str]:
    keys = table.foreign_keys
    return [key.parent.name for key in keys if key.column.table is table]


def _refer(source: Connection, target: Connection, table: Table, name: str) -> None:
    key: Column[Any] = next(iter(table.primary_key.columns))
    column = table.c[name]
    setting = (
        table.update().where(key == bindparam("its_key")).values({name: bindparam("its_value")})
    )
    given = select(key, column).where(column.is_not(None))
    for rows in source.execute(given, execution_options=_STREAMED).partitions():
        target.execute(setting, [{"its_key": own, "its_value": value} for own, value in rows])
