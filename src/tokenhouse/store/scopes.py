"""Table `scopes`: what the operator has defined; while it is empty, scopes are off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, String, Table, Text, func, select

from tokenhouse.store.schema import insert, metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

scopes = Table(
    "scopes",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("description", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)
# All names in one value, so that the token path learns them in the query it makes anyway.
defined = select(func.aggregate_strings(scopes.c.name, " ")).scalar_subquery()
_NAMES = select(defined)


@dataclass(frozen=True, slots=True)
class Scope:
    """One row."""

    name: str
    description: str
    created_at: float


def add(connection: Connection, scope: Scope) -> bool:
    """Add a scope; return False where there is one of this name."""
    row = {name: getattr(scope, name) for name in Scope.__slots__}
    adding = (
        insert(connection.dialect.name, scopes).on_conflict_do_nothing().returning(scopes.c.name)
    )
    return connection.execute(adding, row).scalar_one_or_none() is not None


def every(connection: Connection) -> list[Scope]:
    """Return all scopes by name."""
    query = select(scopes).order_by(scopes.c.name)
    return [Scope(*row) for row in connection.execute(query)]


def names(connection: Connection) -> tuple[str, ...] | None:
    """Return the names of all scopes, None where scopes are off."""
    return split(connection.execute(_NAMES).scalar_one())


def split(joined: str | None) -> tuple[str, ...] | None:
    """Take the value of `defined` apart, sorted."""
    return tuple(sorted(joined.split(" "))) if joined else None


def delete(connection: Connection, name: str) -> bool:
    """Delete a scope; return False where there is none."""
    deleting = scopes.delete().where(scopes.c.name == name).returning(scopes.c.name)
    return connection.execute(deleting).scalar_one_or_none() is not None
