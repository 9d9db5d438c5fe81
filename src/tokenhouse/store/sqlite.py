"""How SQLite is opened: durable, one writer at a time, never mapped into memory."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event

if TYPE_CHECKING:
    from pathlib import Path

BUSY_SECONDS = 5
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA mmap_size=0",
    "PRAGMA temp_store=MEMORY",
)


def make_engine(url: str, *, connections: int) -> Engine:
    """Make the engine.

    Args:
        url: `sqlite:///PATH`.
        connections: so many are kept open.

    """
    engine = create_engine(
        url,
        module=import_module("pysqlite3"),  # here, because only SQLite needs it
        pool_size=connections,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - because the driver has no types
        connection.isolation_level = None  # transactions begin where we say, not the driver
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":  # there a BEGIN would hold a snapshot
            # A deferred transaction that turns into a writer fails at once when another writes.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

    return engine


def fold(path: Path) -> None:
    """Leave all of a closed database in its one file, so that it can be moved."""
    driver: Any = import_module("pysqlite3")
    connection = driver.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
