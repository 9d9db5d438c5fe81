"""How SQLite is opened: durable, one writer at a time, never mapped into memory."""

from __future__ import annotations

import os
import time
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event

from tokenhouse.store.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BACKUP_MARK = "last-backup"  # in the data folder: its time is that of the last backup
BUSY_SECONDS = 5
_PAGES = 1000  # copied at a time
_WAL = "PRAGMA journal_mode=WAL"
_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    f"PRAGMA cache_size={-64 * 1024}",  # KiB at most: what a thousand clients of a million need
    "PRAGMA mmap_size=0",
    f"PRAGMA journal_size_limit={4 * 2**20}",  # of the WAL, once a long reader lets go of it
    "PRAGMA temp_store=MEMORY",
)


def is_foreign(path: Path) -> bool:
    """Tell a sound database that is another program's, without changing how it is kept."""
    driver: Any = import_module("pysqlite3")
    try:
        with closing(driver.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
    except driver.DatabaseError:
        return False  # not sound: that is said elsewhere, with the reason
    return "alembic_version" not in names


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
        hide_parameters=True,  # an error that is logged shows none
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - because the driver has no types
        connection.isolation_level = None  # transactions begin where we say, not the driver
        _keep_wal(connection)
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") != "AUTOCOMMIT":  # there a BEGIN would hold a snapshot
            # A deferred transaction that turns into a writer fails at once when another writes.
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")

    return engine


def _keep_wal(connection: Any) -> None:  # noqa: ANN401 - because the driver has no types
    """Let the file have a WAL; one that was just made or restored has none yet.

    The trap: of two that turn to it at once, SQLite refuses the second at once, whatever its
    busy timeout.
    """
    driver: Any = import_module("pysqlite3")
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(_WAL)
        except driver.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def fold(path: Path) -> None:
    """Leave all of a closed database in its one file, so that it can be moved."""
    driver: Any = import_module("pysqlite3")
    connection = driver.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def back_up(source: Path, target: Path, tell: Callable[[int, int], None]) -> None:
    """Copy a database as it is at this moment, while others write to it.

    Args:
        source: the file of the database.
        target: the file to be made, mode 0600; it is on the disk, whole, on return.
        tell: told how many pages are left, and of how many.

    Raises:
        Unavailable: the database or the target cannot be used.

    """

    def progress(_status: int, left: int, of: int) -> None:
        tell(left, of)

    driver: Any = import_module("pysqlite3")
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    try:
        with (
            closing(driver.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as one,
            closing(driver.connect(target)) as other,
        ):
            one.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
            one.execute("BEGIN")  # held, or each write by another would start the copy anew
            one.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            one.backup(other, pages=_PAGES, progress=progress)
            other.execute("PRAGMA journal_mode=DELETE")
    except driver.Error as error:
        raise Unavailable(str(error)) from error
    with target.open("rb") as file:
        os.fsync(file.fileno())
