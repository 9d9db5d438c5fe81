"""Table `used_once`: what may be used one time only, such as the `jti` of an assertion.

Kept as a digest of who and what, so that the key is small and a `jti` is never in clear. A
row stays for `KEEP` after its end: a clock that runs an hour ahead and comes back must not
bring an assertion back (RFC 7523 section 3, item 7). There is no index of the ends: it would cost
each use as much again, to save a walk through the table that is taken once an hour.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson
from sqlalchemy import Column, Double, LargeBinary, Table, delete

from tokenhouse.store.installation import installation
from tokenhouse.store.lookup import AllOrNothing, Statement
from tokenhouse.store.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Dialect

    from tokenhouse.store.lookup import Row

KEEP = 7200.0  # seconds after the end; clocks may be off by less than this
_DIGEST_OCTETS = 16
_PARTS = 1024  # of the table, equally many digests in each
_PARTS_A_MINUTE = 16
used_once = Table(
    "used_once",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("ends_at", Double, nullable=False),
    sqlite_with_rowid=False,
)


def digest(who: str, what: str) -> bytes:
    """Return the key of one use."""
    return hashlib.sha256(f"{who}\0{what}".encode()).digest()[:_DIGEST_OCTETS]


class _Record:
    """Records uses in one statement, which is its own transaction; see `lookup.Batched`."""

    repeatable = False

    def __call__(self, connection: Connection, uses: Sequence[tuple[bytes, float]]) -> list[bool]:
        """Record uses.

        Args:
            connection: a write transaction.
            uses: digest and end (unix seconds) of each.

        Returns:
            For each whether this is its first use, as far as is remembered; what ended before
            uses began to be forgotten counts as used.

        """
        statement = self.statement(connection.dialect)
        found = connection.exec_driver_sql(*statement.word(uses))
        return self.answers(statement, found.all(), uses)

    def statement(self, dialect: Dialect) -> Statement[tuple[bytes, float]]:
        """Return the statement for a driver."""
        return _STATEMENTS[dialect.name]

    def answers(
        self,
        _statement: Statement[tuple[bytes, float]],
        rows: Iterable[Row],
        uses: Sequence[tuple[bytes, float]],
    ) -> list[bool]:
        """Tell which uses are first ones; of the same one twice in a batch, the first is."""
        fresh = {bytes(row[0]) for row in rows}
        answers: list[bool] = []
        for key, _ in uses:
            answers.append(key in fresh)
            fresh.discard(key)
        return answers


# In one order everywhere: two that record the same uses must not wait for each other.
_INSERT = """
INSERT INTO used_once (digest, ends_at)
SELECT {digest} AS digest, {ends_at} AS ends_at FROM {uses}
WHERE {ends_at} > (SELECT uses_purged_until FROM installation)
ORDER BY 1 ON CONFLICT DO NOTHING RETURNING digest
"""
_SQLITE = _INSERT.format(
    digest="unhex(value ->> 0)", ends_at="value ->> 1", uses="json_each(:keys)"
)
_POSTGRESQL = _INSERT.format(
    digest="decode(value ->> 0, 'hex')",
    ends_at="(value ->> 1)::float8",
    uses="json_array_elements(%(keys)s::json)",
)


# The usual batch, of which all are first uses: without rows to return it is one step of SQLite's,
# and the interpreter's lock changes hands once rather than for each use. What counts as used gets
# no digest, and fails as one that is there does.
_SQLITE_FIRST = """
INSERT INTO used_once (digest, ends_at)
SELECT iif(ends_at > (SELECT uses_purged_until FROM installation), digest, NULL), ends_at
FROM (SELECT unhex(value ->> 0) AS digest, value ->> 1 AS ends_at FROM json_each(:keys))
ORDER BY 1
"""


def _statement(sql: str, first: AllOrNothing | None = None) -> Statement[tuple[bytes, float]]:
    def word(uses: Sequence[tuple[bytes, float]]) -> tuple[str, dict[str, str]]:
        return sql, {"keys": orjson.dumps([(key.hex(), end) for key, end in uses]).decode()}

    return Statement(word, first=first)


_STATEMENTS = {
    "sqlite": _statement(_SQLITE, AllOrNothing(_SQLITE_FIRST, answer=True)),
    "postgresql": _statement(_POSTGRESQL),
}
record = _Record()
"""Record uses, all of a batch at once."""


def parts(now: float) -> range:
    """Return which parts of the table it is the turn of in this minute; all have one in an hour."""
    first = int(now // 60) * _PARTS_A_MINUTE % _PARTS
    return range(first, first + _PARTS_A_MINUTE)


def purge(connection: Connection, now: float, part: int) -> int:
    """Forget the uses of a part that ended `KEEP` seconds before `now`; return how many.

    How far it went is kept (`installation.uses_purged_until`), and what ends before that counts
    as used: no clock that comes back brings an assertion back.
    """
    before = now - KEEP
    mark = installation.c.uses_purged_until
    moved = installation.update().where(mark < before).values(uses_purged_until=before)
    connection.execute(moved)
    size = 256**_DIGEST_OCTETS // _PARTS
    first, last = (
        number.to_bytes(_DIGEST_OCTETS) for number in (part * size, (part + 1) * size - 1)
    )
    old = used_once.c.digest.between(first, last) & (used_once.c.ends_at < before)
    return connection.execute(delete(used_once).where(old)).rowcount
