"""A hot read: rows by many keys at once, in one statement whose text never changes.

It is compiled once and handed to the driver as it is: measured, SQLAlchemy's own execution
costs as much as all the rest of a token (docs/decisions/0020). The keys travel as one value,
an array on PostgreSQL and JSON on SQLite, so that there is one text, and one prepared
statement, for however many of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from sqlalchemy import ARRAY, String, any_, bindparam, func, select

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Dialect, Select

K = TypeVar("K")
V = TypeVar("V")
Row = Sequence[Any]
Gather = Callable[[Iterable[Row]], Mapping[str, V]]


@dataclass(frozen=True, slots=True)
class Statement(Generic[K]):
    """A statement for many keys in the words of one driver."""

    sql: str
    fixed: Mapping[str, Any]
    pack: Callable[[Sequence[K]], object]
    convert: tuple[tuple[int, Callable[[Any], Any]], ...]

    def parameters(self, keys: Sequence[K]) -> dict[str, Any]:
        """Return what goes to the driver beside the text."""
        return {**self.fixed, "keys": self.pack(list(dict.fromkeys(keys)))}

    def rows(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Give the driver's values the types that the columns have."""
        if not self.convert:
            return rows
        return map(self._converted, rows)

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for index, function in self.convert:
            values[index] = function(values[index])
        return values


class Batched(Protocol[K, V]):
    """What a batch asks of the database: one statement, and what its rows mean.

    Attributes:
        repeatable: whether it may be asked again where it is not known if it was done.

    """

    repeatable: bool

    def statement(self, dialect: Dialect) -> Statement[K]:
        """Return the statement for a driver."""
        ...

    def answers(
        self, statement: Statement[K], rows: Iterable[Row], keys: Sequence[K], /
    ) -> list[V]:
        """Return the answer for each key, in their order."""
        ...


class Lookup(Generic[V]):
    """What is known of keys: `lookup(connection, keys)` gives it for each, in their order."""

    repeatable = True

    def __init__(
        self, query: Select[Any], column: ColumnElement[str], gather: Gather[V], absent: V
    ) -> None:
        """Describe a lookup.

        Args:
            query: all rows.
            column: what the keys are values of.
            gather: makes of rows what each key stands for.
            absent: what a key without rows stands for.

        """
        self._query, self._column, self._gather, self._absent = query, column, gather, absent
        self._statements: dict[str, Statement[str]] = {}

    def __call__(self, connection: Connection, keys: Sequence[str]) -> list[V]:
        """Look keys up over a SQLAlchemy connection, as any other function of the store does."""
        statement = self.statement(connection.dialect)
        found = connection.exec_driver_sql(statement.sql, statement.parameters(keys))
        return self.answers(statement, found.all(), keys)

    def answers(
        self, statement: Statement[str], rows: Iterable[Row], keys: Sequence[str]
    ) -> list[V]:
        """Return what the keys stand for, in their order."""
        found = self._gather(statement.rows(rows))
        return [found.get(key, self._absent) for key in keys]

    def statement(self, dialect: Dialect) -> Statement[str]:
        """Return the statement for a driver, compiled once."""
        known = self._statements.get(dialect.name)
        if known is None:
            known = self._statements[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: Dialect) -> Statement[str]:
        pack: Callable[[Sequence[str]], object]
        if dialect.name == "postgresql":
            which = self._column == any_(bindparam("keys", [""], ARRAY(String)))
            style, pack = "pyformat", list
        else:
            value = func.json_each(bindparam("keys", "[]")).table_valued("value").c.value
            which = self._column.in_(select(value))
            style, pack = "named", json.dumps
        words = type(dialect)(paramstyle=style)  # type: ignore[call-arg]  # - because each dialect takes it
        compiled = self._query.where(which).compile(
            dialect=words, compile_kwargs={"render_postcompile": True}
        )
        fixed = {name: value for name, value in compiled.params.items() if name != "keys"}
        return Statement(str(compiled), fixed, pack, self._conversions(dialect))

    def _conversions(self, dialect: Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        """Return which columns need one: SQLite has no booleans, psycopg gives all as they are."""
        if dialect.name == "postgresql":
            return ()
        processors = (
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in self._query.selected_columns
        )
        return tuple((index, one) for index, one in enumerate(processors) if one is not None)
