"""A driver's connection that is held for batches, and renewed when it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tokenhouse.store.lookup import different
from tokenhouse.store.unavailable import Unavailable, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.pool import PoolProxiedConnection

    from tokenhouse.store.lookup import Batched

K = TypeVar("K")
V = TypeVar("V")


class Line:
    """One connection, for one thread at a time.

    Each statement is a transaction of its own: it sees all that was committed, and what it
    changed is on the disk when it returns.
    """

    def __init__(self, engine: Engine, prepare: Callable[[Any], None] | None = None) -> None:
        """Take the engine, and what makes its driver's new connection ready."""
        self._engine, self._prepare = engine, prepare
        self._held: PoolProxiedConnection | None = None
        self._cursor: Any = None

    def ask(self, batched: Batched[K, V], keys: Sequence[K]) -> list[V]:
        """Ask for all keys at once.

        Raises:
            Unavailable: the database cannot answer.

        """
        statement = batched.statement(self._engine.dialect)
        first = statement.first
        if first is not None and self._all_done(first.sql, statement.word(keys)[1]):
            return [first.answer] * len(keys)
        again = batched.repeatable and self._held is not None
        rows = self._rows(*statement.word(different(keys)), again=again)
        return batched.answers(statement, rows, keys)

    def _all_done(self, sql: str, parameters: Mapping[str, Any]) -> bool:
        driver: Any = self._engine.dialect.loaded_dbapi
        try:
            self._rows(sql, parameters, again=False)
        except driver.IntegrityError:
            return False
        return True

    def _rows(self, sql: str, parameters: Mapping[str, Any], *, again: bool) -> list[Any]:
        driver: Any = self._engine.dialect.loaded_dbapi
        try:
            rows: list[Any] = self._connected().execute(sql, parameters).fetchall()
        except (driver.ProgrammingError, driver.IntegrityError):
            raise
        except driver.Error as error:
            broken = self._let_go()
            if again and broken:  # since the last time: the server may be there again
                return self._rows(sql, parameters, again=False)
            raise Unavailable(str(error)) from error
        return rows

    def _connected(self) -> Any:  # noqa: ANN401 - because it is whichever driver's
        """Return the cursor, which is kept: a new one each time takes psycopg two thirds longer."""
        if self._held is None:
            with translated():
                self._held = self._engine.raw_connection()
            if self._prepare is not None:
                self._prepare(self._held.driver_connection)
            self._cursor = self._held.cursor()
        return self._cursor

    def _let_go(self) -> bool:
        """Give the connection up; tell whether the server had ended it, rather than we."""
        if self._held is None:
            return False
        ended = not getattr(self._held.driver_connection, "given_up", False)
        self._held.invalidate()
        self._held = self._cursor = None
        return ended

    def close(self) -> None:
        """Close the connection."""
        self._let_go()
