"""Table `installation`: the one row that says which master key and programs fit this database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, Integer, String, Table, extract, func, select

from tokenhouse.store.schema import Sealed, metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

SEAL = "installation"
CHECK = b"tokenhouse"
installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed_check", Sealed(SEAL, None), nullable=False),
    Column("compatible_from", String(32), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("uses_purged_until", Double, nullable=False),
)


def add(connection: Connection, sealed_check: bytes, compatible_from: str, now: float) -> None:
    """Write the row."""
    row = {"id": 1, "sealed_check": sealed_check, "created_at": now, "uses_purged_until": 0.0}
    connection.execute(installation.insert(), {**row, "compatible_from": compatible_from})


def compatible_from(connection: Connection) -> str:
    """Return the oldest revision whose programs may use this database."""
    found: str = connection.execute(select(installation.c.compatible_from)).scalar_one()
    return found


def set_compatible_from(connection: Connection, revision: str) -> None:
    """Say which is the oldest revision whose programs may use this database."""
    connection.execute(installation.update().values(compatible_from=revision))


def created_at(connection: Connection) -> float:
    """Return when the installation was made, unix seconds."""
    found: float = connection.execute(select(installation.c.created_at)).scalar_one()
    return found


def clock_of_server(connection: Connection) -> float | None:
    """Return what time it is at the database's server, unix seconds; None where there is none."""
    if connection.dialect.name != "postgresql":
        return None
    now = select(extract("epoch", func.clock_timestamp()))
    return float(connection.execute(now).scalar_one())


def sealed_check(connection: Connection) -> bytes | None:
    """Return the sealed constant that only the right master key opens."""
    return connection.execute(select(installation.c.sealed_check)).scalar_one_or_none()
