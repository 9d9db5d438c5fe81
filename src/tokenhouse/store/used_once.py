"""Table `used_once`: what may be used one time only, such as the `jti` of an assertion.

Kept as a digest of who and what, so that the key is small and a `jti` is never in clear. A
row stays for `KEEP` after its end: a clock that runs an hour ahead and comes back must not
bring an assertion back (RFC 7523 section 3, item 7).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, LargeBinary, Table, delete, select

from tokenhouse.store.installation import installation, uses_purged_until
from tokenhouse.store.schema import insert, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

KEEP = 7200.0  # seconds after the end; clocks may be off by less than this
_DIGEST_OCTETS = 16
used_once = Table(
    "used_once",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("ends_at", Double, nullable=False, index=True),
    sqlite_with_rowid=False,
)


def digest(who: str, what: str) -> bytes:
    """Return the key of one use."""
    return hashlib.sha256(f"{who}\0{what}".encode()).digest()[:_DIGEST_OCTETS]


def record(connection: Connection, uses: Sequence[tuple[bytes, float]]) -> list[bool]:
    """Record uses.

    Args:
        connection: a write transaction.
        uses: digest and end (unix seconds) of each.

    Returns:
        For each whether this is its first use, as far as is remembered; what ended before uses
        began to be forgotten counts as used.

    """
    forgotten = connection.execute(uses_purged_until).scalar_one()
    ends = {key: end for key, end in reversed(uses) if end > forgotten}
    keep = insert(connection, used_once).on_conflict_do_nothing()
    statement = keep.returning(used_once.c.digest)
    # In one order everywhere: two that record the same uses must not wait for each other.
    rows = [{"digest": key, "ends_at": ends[key]} for key in sorted(ends)]
    fresh = set(connection.execute(statement, rows).scalars()) if rows else set[bytes]()
    answers: list[bool] = []
    for key, _ in uses:
        answers.append(key in fresh)
        fresh.discard(key)  # the same one twice in a batch: the first wins
    return answers


def purge(connection: Connection, now: float, most: int = 5000) -> int:
    """Forget at most `most` uses that ended `KEEP` seconds before `now`; return how many.

    How far it went is kept (`installation.uses_purged_until`), and what ends before that counts
    as used: no clock that comes back brings an assertion back.
    """
    before = now - KEEP
    mark = installation.c.uses_purged_until
    moved = installation.update().where(mark < before).values(uses_purged_until=before)
    connection.execute(moved)
    old = select(used_once.c.digest).where(used_once.c.ends_at < before).limit(most)
    removed = connection.execute(delete(used_once).where(used_once.c.digest.in_(old)))
    return removed.rowcount
