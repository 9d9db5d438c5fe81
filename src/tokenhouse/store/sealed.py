"""Every sealed column of every table, found by its type, so that none can be forgotten.

What is sealed under an older master key is sealed anew in small transactions. A value that
changed meanwhile is left as it is: whoever wrote it knew the current key, or the next pass does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, bindparam, func, literal, select

from tokenhouse.store import audit_events, client_secrets, installation, signing_keys, webhooks
from tokenhouse.store.schema import Sealed, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

# Imported so that their tables are known.
_KNOWN = (audit_events, client_secrets, installation, signing_keys, webhooks)
_LAST = installation.SEAL  # under the current key once all others are
AT_ONCE = 100  # values in one transaction: a few milliseconds, so that nobody waits for long


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column of sealed values, its table's key, and what the values are sealed for."""

    column: Column[Any]
    key: Column[Any]
    purpose: str
    identity: str | None

    @property
    def name(self) -> str:
        """The column, as people call it."""
        return f"{self.column.table.name}.{self.column.name}"


def columns() -> list[SealedColumn]:
    """Return all sealed columns, that of the installation's own check last."""
    found = [
        SealedColumn(column, next(iter(table.primary_key)), column.type.purpose, identity)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
        for identity in [column.type.identity]
    ]
    return sorted(found, key=lambda one: (one.purpose == _LAST, one.name))


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One value: its row's key, the identity that it is sealed for, and itself."""

    key: Any
    identity: str
    value: bytes


def not_under(
    connection: Connection,
    of: SealedColumn,
    head: bytes,
    after: Any = None,  # noqa: ANN401 - because keys differ in type
) -> list[SealedValue]:
    """Return at most `AT_ONCE` values that another master key seals, in the order of their keys.

    Args:
        connection: a transaction.
        of: the column.
        head: what values under the current master key begin with.
        after: the key where the last call ended.

    """
    identity = of.column.table.c[of.identity] if of.identity else literal("")
    query = select(of.key, identity, of.column)
    query = query.where(func.substr(of.column, 1, len(head)) != head)
    if after is not None:
        query = query.where(of.key > after)
    rows = connection.execute(query.order_by(of.key).limit(AT_ONCE))
    return [SealedValue(*row) for row in rows]


def count_not_under(connection: Connection, head: bytes) -> int:
    """Count the values of all columns that another master key seals; see `not_under`."""
    counts = [
        select(func.count()).where(func.substr(of.column, 1, len(head)) != head) for of in columns()
    ]
    return sum(connection.execute(count).scalar_one() for count in counts)


def replace(
    connection: Connection, of: SealedColumn, values: Sequence[tuple[SealedValue, bytes]]
) -> None:
    """Put new sealed values in place of those that are still what they were."""
    change = of.column.table.update().where(
        of.key == bindparam("its_key"), of.column == bindparam("old")
    )
    rows = [{"its_key": one.key, "old": one.value, "new": new} for one, new in values]
    connection.execute(change.values({of.column: bindparam("new")}), rows)
