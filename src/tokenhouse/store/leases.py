"""Table `leases`: who does the background work that one process of the fleet is enough for.

One conditional statement takes or renews a lease, so that two never hold it by the same clock.
Nothing depends on it for being right: work done twice does no harm. The trap: a holder whose clock
was an hour ahead must not keep the others out for an hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, String, Table, or_

from tokenhouse.store.schema import Uuid, insert, metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", Uuid, nullable=False),
    Column("ends_at", Double, nullable=False),
)


def take(connection: Connection, name: str, holder: str, now: float, seconds: float) -> bool:
    """Take a lease, or renew it.

    Args:
        connection: a write transaction.
        name: of the work.
        holder: of this process, the same each time.
        now: unix seconds.
        seconds: for how long.

    Returns:
        Whether `holder` has it now.

    """
    new = insert(connection.dialect.name, leases).values(
        name=name, holder=holder, ends_at=now + seconds
    )
    held = leases.c
    free = or_(held.holder == holder, held.ends_at <= now, held.ends_at > now + seconds)
    taken = new.on_conflict_do_update(
        index_elements=[held.name],
        set_={"holder": new.excluded.holder, "ends_at": new.excluded.ends_at},
        where=free,
    )
    return connection.execute(taken.returning(held.holder)).scalar_one_or_none() is not None
