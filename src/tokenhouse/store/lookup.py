"""A hot read: rows by many keys at once, in one statement whose text never changes.

It is compiled once and handed to the driver as it is: measured, SQLAlchemy's own execution
costs as much as all the rest of a token (docs/decisions/0020). The keys travel as one array on
PostgreSQL, and on SQLite as a list of one of a few lengths, the last key repeated: so there are
a few texts at most, each prepared once, for however many keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from sqlalchemy import ARRAY, String, any_, bindparam

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Dialect, Select

K = TypeVar("K")
V = TypeVar("V")
Row = Sequence[Any]
Gather = Callable[[Iterable[Row]], Mapping[str, V]]
MOST = 128  # keys at once
SIZES = (1, 4, 16, MOST)
_ARRAY = bindparam("keys", [""], ARRAY(String))
_NAMES = tuple(f"keys_{number}" for number in range(1, MOST + 1))  # as SQLAlchemy names them
_KEYS = frozenset({"keys", *_NAMES})


def different(keys: Sequence[K]) -> Sequence[K]:
    """Return the keys, each once."""
    return list(dict.fromkeys(keys))


@dataclass(frozen=True, slots=True)
class AllOrNothing:
    """A text that does all of a batch, or fails on a constraint and has done nothing.

    Attributes:
        sql: takes the same parameters as the statement beside it.
        answer: what each key is answered once all is done.

    """

    sql: str
    answer: Any


@dataclass(frozen=True, slots=True)
class Statement(Generic[K]):
    """A statement for many keys in the words of one driver.

    Attributes:
        word: makes the text, and the parameters beside it, for keys that differ.
        convert: by column, what gives the driver's value the type that the column has.
        first: what is tried before it, where that is quicker.

    """

    word: Callable[[Sequence[K]], tuple[str, Mapping[str, Any]]]
    convert: tuple[tuple[int, Callable[[Any], Any]], ...] = ()
    first: AllOrNothing | None = None

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
        if not keys:
            return []
        statement = self.statement(connection.dialect)
        found = connection.exec_driver_sql(*statement.word(different(keys)))
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
        if dialect.name == "postgresql":
            sql, fixed = self._worded(dialect, "pyformat", self._column == any_(_ARRAY))
            return Statement(lambda keys: (sql, {**fixed, "keys": list(keys)}))
        texts = {size: self._worded(dialect, "named", self._one_of(size)) for size in SIZES}

        def word(keys: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
            size = next(size for size in SIZES if size >= len(keys))
            sql, fixed = texts[size]
            padded = chain(keys, repeat(keys[-1], size - len(keys)))
            return sql, {**fixed, **dict(zip(_NAMES, padded, strict=False))}

        return Statement(word, self._conversions(dialect))

    def _one_of(self, size: int) -> ColumnElement[bool]:
        return self._column.in_(bindparam("keys", [""] * size, expanding=True))

    def _worded(
        self, dialect: Dialect, style: str, which: ColumnElement[bool]
    ) -> tuple[str, Mapping[str, Any]]:
        """Return the text, and the parameters in it that are not keys."""
        compiled = self._query.where(which).compile(
            dialect=type(dialect)(paramstyle=style),  # type: ignore[call-arg]  # - because each dialect takes it
            compile_kwargs={"render_postcompile": True},
        )
        given = compiled.params.items()
        return str(compiled), {name: value for name, value in given if name not in _KEYS}

    def _conversions(self, dialect: Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
        """Return which columns need one: SQLite has no booleans, psycopg gives all as they are."""
        if dialect.name == "postgresql":
            return ()
        processors = (
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in self._query.selected_columns
        )
        return tuple((index, one) for index, one in enumerate(processors) if one is not None)
