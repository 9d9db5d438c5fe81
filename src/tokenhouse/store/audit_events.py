"""Tables `audit_events` and `audit_head`: who did what, and where the chain of it ends.

The head is one row, locked by whoever adds an event until the commit: that makes the chain one
line also where several workers and machines write. It says too where the chain begins, since
retention cuts off what is old.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
    select,
)

from tokenhouse.store.schema import Sealed, Uuid, metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

SEAL = "audit-key"  # the purpose under which the chain's key is sealed
MOST_NAME = 200
audit_events = Table(
    "audit_events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(MOST_NAME), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("user_id", Uuid),
    Column("details", Text, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Index("ix_audit_events_user_id", "user_id", "seq"),
    Index("ix_audit_events_action", "action", "seq"),
)
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("mac_before", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    Column("sealed_key", Sealed(SEAL, None), nullable=False),
)
_EVENT = audit_events.c
_ADD, _MOVE_HEAD = audit_events.insert(), audit_head.update()


class AuditEvent(NamedTuple):
    """One row.

    Attributes:
        seq: its place in the chain, from 1.
        at: unix seconds.
        actor: `user:ID`, `client:ID`, `operator`, `system`, or `anonymous`.
        action: what was done, such as `credential.created`.
        target: to what, such as `credential:ID`.
        outcome: `done` or `refused`.
        source: the address that the request came from; empty on the machine itself.
        request_id: as in the log.
        user_id: whose affair it is: theirs to see.
        details: JSON object.

    """

    seq: int
    at: float
    actor: str
    action: str
    target: str
    outcome: str
    source: str
    request_id: str
    user_id: str | None
    details: str


COLUMNS = [audit_events.c[name] for name in AuditEvent._fields]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends and begins.

    Attributes:
        seq: of the newest event, 0 = none yet.
        mac: of the newest event.
        first_seq: of the oldest event that is kept.
        mac_before: of the one before it.
        seal: over the four.

    """

    seq: int
    mac: bytes
    first_seq: int
    mac_before: bytes
    seal: bytes


_HEAD = select(*(audit_head.c[name] for name in Head.__slots__))
_HELD = _HEAD.with_for_update()


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events to return; None = any."""

    user_id: str | None = None
    action: str | None = None
    actor: str | None = None
    target: str | None = None
    outcome: str | None = None
    since: float | None = None
    until: float | None = None


def begin(connection: Connection, head: Head, sealed_key: bytes) -> None:
    """Write the head of a new chain."""
    row = {name: getattr(head, name) for name in Head.__slots__}
    connection.execute(audit_head.insert(), {"id": 1, **row, "sealed_key": sealed_key})


def sealed_key(connection: Connection) -> bytes:
    """Return the sealed key of the chain."""
    found: bytes = connection.execute(select(audit_head.c.sealed_key)).scalar_one()
    return found


def head(connection: Connection, *, held: bool = False) -> tuple[Head, int]:
    """Return the head and the highest `seq` that there is, of one moment.

    Args:
        connection: where to ask.
        held: keep others from adding until the end of the transaction.

    """
    if held:
        row = connection.execute(_HELD).one()
        return Head(*row), row.seq
    highest = select(func.coalesce(func.max(_EVENT.seq), 0)).scalar_subquery()
    *values, last = connection.execute(_HEAD.add_columns(highest)).one()
    return Head(*values), last


def move_head(connection: Connection, moved: Head) -> None:
    """Write the head anew."""
    values = {name: getattr(moved, name) for name in Head.__slots__}
    connection.execute(_MOVE_HEAD, values)


def add(connection: Connection, event: AuditEvent, mac: bytes) -> None:
    """Add an event."""
    connection.execute(_ADD, {**event._asdict(), "mac": mac})


def page(
    connection: Connection, sought: Sought, *, before: int | None = None, limit: int
) -> list[AuditEvent]:
    """Return at most `limit` events, newest first, from below `before` on."""
    query = select(*COLUMNS).order_by(_EVENT.seq.desc()).limit(limit)
    wanted: dict[Any, object] = {
        _EVENT.user_id: sought.user_id,
        _EVENT.action: sought.action,
        _EVENT.actor: sought.actor,
        _EVENT.target: sought.target,
        _EVENT.outcome: sought.outcome,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    if sought.since is not None:
        query = query.where(_EVENT.at >= sought.since)
    if sought.until is not None:
        query = query.where(_EVENT.at < sought.until)
    if before is not None:
        query = query.where(_EVENT.seq < before)
    return [AuditEvent._make(row) for row in connection.execute(query)]


def following(connection: Connection, seq: int, limit: int) -> list[tuple[AuditEvent, bytes]]:
    """Return at most `limit` events after `seq` with their macs, oldest first."""
    query = select(*COLUMNS, _EVENT.mac).where(_EVENT.seq > seq).order_by(_EVENT.seq).limit(limit)
    return [(AuditEvent(*values), mac) for *values, mac in connection.execute(query)]


def remove_until(connection: Connection, seq: int) -> None:
    """Forget the events up to `seq`."""
    connection.execute(audit_events.delete().where(_EVENT.seq <= seq))
