"""What all tables share: the metadata, the naming of constraints, and where dialects differ.

Times are unix seconds as doubles; identities are canonical UUIDs as text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary, MetaData, String
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.dialects import postgresql

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Uuid = String(36)


class Sealed(LargeBinary):
    """A column of values sealed under the master key; `rewrap` finds them by this type.

    Attributes:
        purpose: what they are sealed for, see `crypto.sealing`.
        identity: the column that names the row a value belongs to; None = the table's only row.

    """

    def __init__(self, purpose: str, identity: str | None) -> None:
        """Say what the values are sealed for, and which column is their identity."""
        super().__init__()
        self.purpose, self.identity = purpose, identity


def insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return the dialect's own insert, which knows `on conflict`."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - because SQLite needs none

        return postgresql.insert(table)
    return sqlite.insert(table)
