"""SQLite and PostgreSQL behind one face: threads, transactions, and what failing means.

All work is a plain function over a SQLAlchemy connection. SQLite: short reads run inline on
the event loop's own connection (a few microseconds in WAL mode, no writer blocks them), and
writes on one thread, so that a slow disk or another process's lock never stops the loop.
PostgreSQL: both on a few threads with a connection each.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tokenhouse.store.batcher import Batcher

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

T = TypeVar("T")
__all__ = ["Connection", "Database", "Unavailable", "fold", "sqlite_path", "translated"]
K = TypeVar("K")
V = TypeVar("V")
BUSY_SECONDS = 5
_READERS = 4
_QUICK_CHECK_BELOW = 64 * 2**20  # octets; a larger file would delay the start, doctor checks it
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA mmap_size=0",
    "PRAGMA temp_store=MEMORY",
)


class Unavailable(Exception):
    """The database cannot answer just now: gone, locked, or full. Nothing was changed."""


@contextmanager
def translated() -> Generator[None]:
    """Turn what the driver says of an outage into `Unavailable`."""
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError):
        raise
    except (DBAPIError, PoolTimeoutError) as error:
        raise Unavailable(str(getattr(error, "orig", error))) from error


class Database:
    """One database and the threads that work on it."""

    def __init__(self, url: str) -> None:
        """Prepare a database.

        Args:
            url: `sqlite:///PATH` or `postgresql://…`; nothing is opened yet.

        """
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgresql(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.path = sqlite_path(url)
        writers = 1 if self.is_sqlite else _READERS
        self._readers = ThreadPoolExecutor(_READERS, "read")
        self._writers = ThreadPoolExecutor(writers, "write")
        self._inline: Connection | None = None

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a read transaction on this thread."""
        with translated(), self.engine.begin() as connection:
            return work(connection)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction on this thread; it is committed on return."""
        writing = self.engine.execution_options(writes=True)
        with translated(), writing.begin() as connection:
            return work(connection)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a read transaction.

        Raises:
            Unavailable: the database cannot answer.

        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction; when this returns it is on the disk.

        Raises:
            Unavailable: the database cannot answer; nothing was changed.

        """
        return await asyncio.get_running_loop().run_in_executor(self._writers, self.write_now, work)

    def batched_read(self, work: Callable[[Connection, Sequence[K]], Sequence[V]]) -> Batcher[K, V]:
        """Make a hot read: `work` answers many keys at once, each caller asks one."""
        if self.is_sqlite:
            return Batcher(lambda keys: self._read_inline(work, keys), None)
        return Batcher(lambda keys: self.read_now(lambda c: work(c, keys)), self._readers)

    def batched_write(
        self, work: Callable[[Connection, Sequence[K]], Sequence[V]]
    ) -> Batcher[K, V]:
        """Make a hot write: the same, and one commit for all of a batch."""
        return Batcher(lambda keys: self.write_now(lambda c: work(c, keys)), self._writers)

    def _read_inline(
        self, work: Callable[[Connection, Sequence[K]], Sequence[V]], keys: Sequence[K]
    ) -> Sequence[V]:
        with translated():
            if self._inline is None:
                # Autocommit: each statement sees all that was committed before it.
                connection = self.engine.connect()
                self._inline = connection.execution_options(isolation_level="AUTOCOMMIT")
            return work(self._inline, keys)

    def soundness(self) -> str:
        """Say "ok", or in a line what is wrong with the file of a SQLite database."""
        small = self.path is not None and self.path.stat().st_size < _QUICK_CHECK_BELOW

        def check(connection: Connection) -> str:
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
            if not small:
                return "ok"
            found: str = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            return found

        try:
            return " ".join(self.read_now(check).split())
        except Unavailable as error:
            return " ".join(str(error).split())

    def close(self) -> None:
        """Finish what is under way and close all connections."""
        self._readers.shutdown()
        self._writers.shutdown()
        if self._inline is not None:
            self._inline.close()
        self.engine.dispose()


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite database, None for PostgreSQL.

    Raises:
        ValueError: the URL is neither's.

    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        msg = "database_url must be sqlite:///PATH or postgresql://user@host:5432/db"
        raise ValueError(msg)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def fold(path: Path) -> None:
    """Leave all of a closed SQLite database in its one file, so that it can be moved."""
    driver: Any = import_module("pysqlite3")
    connection = driver.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()


def _sqlite(url: str) -> Engine:
    pysqlite3 = import_module("pysqlite3")  # here, because only SQLite needs it

    engine = create_engine(
        url,
        module=pysqlite3,
        pool_size=_READERS + 2,
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


def _postgresql(url: str) -> Engine:
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=2 * _READERS,
        max_overflow=0,
        pool_timeout=1,
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": 1, "options": "-c statement_timeout=2000"},
    )
