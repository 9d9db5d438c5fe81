"""Table `revoked_tokens`: access tokens that were revoked before their end (RFC 7009).

A row is kept for `KEEP` seconds beyond the token's end, so that a clock that comes back from
ahead revives nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, String, Table, select

from tokenhouse.store.lookup import Lookup
from tokenhouse.store.schema import Uuid, insert, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from tokenhouse.store.lookup import Row

KEEP = 7200.0
revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", String(256), primary_key=True),
    Column("client_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("ends_at", Double, nullable=False, index=True),
    Column("revoked_at", Double, nullable=False),
)


def add(  # noqa: PLR0913 - because each is a column of the row
    connection: Connection, jti: str, *, client_id: str, user_id: str, ends_at: float, now: float
) -> None:
    """Revoke a token; once more changes nothing."""
    row = {
        "jti": jti,
        "client_id": client_id,
        "user_id": user_id,
        "ends_at": ends_at,
        "revoked_at": now,
    }
    connection.execute(
        insert(connection.dialect.name, revoked_tokens).on_conflict_do_nothing(), row
    )


def _revoked(rows: Iterable[Row]) -> dict[str, bool]:
    return {row[0]: True for row in rows}


are_revoked: Lookup[bool] = Lookup(
    select(revoked_tokens.c.jti), revoked_tokens.c.jti, _revoked, absent=False
)
"""Whether the tokens with these `jti` are revoked."""


def living(connection: Connection, now: float) -> dict[str, float]:
    """Return the revoked tokens that have not ended yet, `jti` to end, unix seconds."""
    query = select(revoked_tokens.c.jti, revoked_tokens.c.ends_at).where(
        revoked_tokens.c.ends_at > now
    )
    return {row.jti: row.ends_at for row in connection.execute(query.order_by("jti"))}


def purge(connection: Connection, now: float, most: int = 5000) -> int:
    """Forget at most `most` tokens that ended `KEEP` seconds before `now`; return how many."""
    old = select(revoked_tokens.c.jti).where(revoked_tokens.c.ends_at < now - KEEP).limit(most)
    removed = connection.execute(revoked_tokens.delete().where(revoked_tokens.c.jti.in_(old)))
    return removed.rowcount
