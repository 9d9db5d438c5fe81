"""SQLite and PostgreSQL behind one face: threads, transactions, and what failing means.

All work is a plain function over a SQLAlchemy connection. SQLite: short reads run inline on
the event loop's own connection (a few microseconds in WAL mode, no writer blocks them), and
writes on one thread, so that a slow disk or another process's lock never stops the loop.
PostgreSQL: all on a few threads with a connection each, and who asks is answered in time even
when the server is not.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tokenhouse.metrics.tally import NO_TALLY, Tally
from tokenhouse.store import ballast, sqlite
from tokenhouse.store.batcher import Batcher
from tokenhouse.store.line import Line
from tokenhouse.store.shared_commit import SharedCommit
from tokenhouse.store.unavailable import Unavailable, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from concurrent.futures import Executor

    from tokenhouse.store.lookup import Batched

__all__ = ["Connection", "Database", "Unavailable", "shown_url", "sqlite_path"]
T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
_THREADS = 4  # for what is not batched
_HOT = 4  # for what is, each with a connection of its own
PATIENCE = 2.0  # seconds until who asked PostgreSQL is told that it does not answer
HOT_PATIENCE = 1.0
# Where a batch waits for a disk or a server: who was just answered is back with his next by then.
_TURNS = 10
_QUICK_CHECK_BELOW = 64 * 2**20  # octets; a larger file would delay the start, doctor checks it


class Database:
    """One database and the threads that work on it."""

    def __init__(self, url: str, *, pooler: bool = False, tally: Tally = NO_TALLY) -> None:
        """Prepare a database.

        Args:
            url: `sqlite:///PATH` or `postgresql://…`; nothing is opened yet.
            pooler: a transaction-mode pooler stands before PostgreSQL.
            tally: where its work is counted.

        Raises:
            Unavailable: the driver for PostgreSQL is not installed.

        """
        self.path = sqlite_path(url)
        self.is_sqlite = self.path is not None
        self.tally = tally
        self.connections = _THREADS + (3 if self.is_sqlite else 2 * _HOT)
        self.engine = _engine(url, self.connections, pooler=pooler)
        self._readers = ThreadPoolExecutor(_THREADS, "read")
        self._writers = ThreadPoolExecutor(1, "write") if self.is_sqlite else self._readers
        self._hot = ThreadPoolExecutor(_HOT, "hot")
        # Not on PostgreSQL, where those who hold what the others want would wait for each other.
        shared = SharedCommit(self.write_now, self._writers, _TURNS)
        self._shared = shared if self.is_sqlite else None
        self._of_thread = threading.local()
        self._inline = Line(self.engine)
        self._lines = [self._inline]

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a read transaction on this thread."""
        with translated(), self.engine.begin() as connection:
            return work(connection)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction on this thread; it is committed on return."""
        with translated(), self.engine.connect() as connection:
            connection.execution_options(writes=True)
            with connection.begin():
                return work(connection)

    def alone_now(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction that changes the schema or all rows.

        One process at a time does so, and it may take as long as it takes.
        """
        return self.write_now(lambda connection: work(_alone(connection)))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a read transaction.

        Raises:
            Unavailable: the database cannot answer.

        """
        return await self._run("read", self._readers, self.read_now, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction; when this returns it is on the disk.

        Raises:
            Unavailable: the database cannot answer; see there whether anything was changed.

        """
        return await self._run("write", self._writers, self.write_now, work)

    async def write_together(self, work: Callable[[Connection], T]) -> T:
        """Run `work`, which may have to be done twice, as `write` does; see `SharedCommit`."""
        if self._shared is None:
            return await self.write(work)
        with self._counted("write"):
            return await self._shared.write(work)

    async def write_even_if_full(self, work: Callable[[Connection], T]) -> T:
        """Run `work` as `write` does; where the disk under SQLite is full, on its ballast."""
        try:
            return await self.write(work)
        except Unavailable as error:
            if self.path is None or not ballast.free(self.path, str(error)):
                raise
        return await self.write(work)

    async def take_ballast(self) -> None:
        """Take the room that `write_even_if_full` frees."""
        if self.path is not None:
            await asyncio.to_thread(ballast.take, self.path)

    async def _run(
        self,
        kind: str,
        threads: Executor,
        run: Callable[[Callable[[Connection], T]], T],
        work: Callable[[Connection], T],
    ) -> T:
        # SQLite bounds each wait by itself (the busy timeout), and has nothing else to wait for.
        with self._counted(kind):
            try:
                async with asyncio.timeout(None if self.is_sqlite else PATIENCE):
                    return await asyncio.get_running_loop().run_in_executor(threads, run, work)
            except TimeoutError:
                msg = f"no answer within {PATIENCE} seconds"
                raise Unavailable(msg) from None

    @contextmanager
    def _counted(self, kind: str) -> Generator[None]:
        self.tally.add("database_busy", kind)
        try:
            with self.tally.timed("database_seconds", kind):
                yield
        except Unavailable:
            self.tally.add("database_failures", kind)
            raise
        finally:
            self.tally.add("database_busy", kind, number=-1)

    def batched_read(self, lookup: Batched[K, V]) -> Batcher[K, V]:
        """Make a hot read: many keys are looked up at once, each caller asks one."""
        if self.is_sqlite:
            return Batcher(partial(self._inline.ask, lookup), None)
        return Batcher(partial(self._on_line, lookup), self._hot, HOT_PATIENCE, _TURNS)

    def batched_write(self, record: Batched[K, V]) -> Batcher[K, V]:
        """Make a hot write: the same, and one commit for all of a batch."""
        perform = partial(self._on_line, record)
        if self.is_sqlite:
            return Batcher(perform, self._writers, turns=_TURNS)
        return Batcher(perform, self._hot, HOT_PATIENCE, _TURNS)

    def _on_line(self, batched: Batched[K, V], keys: Sequence[K]) -> list[V]:
        """Ask over the line of this thread."""
        line: Line | None = getattr(self._of_thread, "line", None)
        if line is None:
            hold = None if self.is_sqlite else partial(_postgresql().hold, patience=HOT_PATIENCE)
            line = self._of_thread.line = Line(self.engine, hold)
            self._lines.append(line)
        return line.ask(batched, keys)

    def batched_change(
        self, work: Callable[[Connection, Sequence[K]], Sequence[V]]
    ) -> Batcher[K, V]:
        """Make a write of several statements that is batched: one transaction for a batch."""
        patience = None if self.is_sqlite else PATIENCE
        return Batcher(
            lambda keys: self.write_now(lambda c: work(c, keys)), self._writers, patience
        )

    def soundness(self) -> str:
        """Say "ok", or in a line what is wrong with the file of a SQLite database.

        Raises:
            Unavailable: another process holds it locked, so that nothing can be said.

        """
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
            if "locked" in str(error):
                raise
            return " ".join(str(error).split())

    def integrity(self, seconds: float | None) -> str | None:
        """Read all of a SQLite database; say "ok", or in a line what is wrong with it.

        Args:
            seconds: that it may take; then the answer is None. None = as long as it takes.

        """

        def check(connection: Connection) -> str:
            driver: Any = connection.connection.driver_connection
            alarm = threading.Timer(seconds or 0, driver.interrupt)
            if seconds is not None:
                alarm.start()
            try:
                found: str = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            finally:
                alarm.cancel()
            return " ".join(found.split())

        try:
            return self.read_now(check)
        except Unavailable as error:
            if "interrupted" in str(error):
                return None
            raise

    def close(self) -> None:
        """Finish what is under way and close all connections."""
        for threads in (self._readers, self._writers, self._hot):
            threads.shutdown()
        for line in self._lines:
            line.close()
        self.engine.dispose()


def _alone(connection: Connection) -> Connection:
    if connection.dialect.name == "postgresql":  # on SQLite a write transaction is alone anyway
        _postgresql().be_alone(connection)
    return connection


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


def shown_url(url: str) -> str:
    """Return a database URL as it may be shown: without the password."""
    return make_url(url).render_as_string()


def _engine(url: str, connections: int, *, pooler: bool) -> Engine:
    if url.startswith("sqlite"):
        return sqlite.make_engine(url, connections=connections)
    engine: Engine = _postgresql().make_engine(url, connections=connections, pooler=pooler)
    return engine


def _postgresql() -> Any:  # noqa: ANN401 - because it is a module
    """Return what knows PostgreSQL; imported here, for its driver is an extra."""
    try:
        return import_module("tokenhouse.store.postgresql")
    except ImportError:
        msg = "the driver is not installed; run: pip install 'tokenhouse[postgresql]'"
        raise Unavailable(msg) from None
