"""Table `deliveries`: what is to be told to somebody elsewhere, and how that went.

A row is written in the transaction of the event that it tells of, so that neither is there without
the other. Whoever sends one first puts its next attempt off: a process that is killed meanwhile has
merely failed once, and no two processes send the same row at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Double, Integer, String, Table, Text, func, select

from tokenhouse.store.schema import Uuid, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

KEEP = 30 * 86400.0  # seconds that the log goes back
MOST_ERROR = 200
WAITS = (15.0, 60.0, 300.0, 1800.0, 7200.0, 21600.0, 43200.0, 86400.0)  # seconds between attempts
MOST_ATTEMPTS = len(WAITS) + 1  # within two days

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid),
    Column("user_id", Uuid),
    Column("type", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Double, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Double, index=True),
    Column("error", String(MOST_ERROR), nullable=False),
)


class Delivery(NamedTuple):
    """One row.

    Attributes:
        id: the same at each attempt.
        webhook_id: where it goes; None = by mail.
        user_id: to whom it goes by mail.
        type: the event that it tells of.
        body: what is sent.
        created_at: unix seconds.
        attempts: begun so far.
        next_at: when it is tried again; None = delivered, or given up if there is an error.
        error: what was wrong at the last attempt.

    """

    id: str
    webhook_id: str | None
    user_id: str | None
    type: str
    body: str
    created_at: float
    attempts: int = 0
    next_at: float | None = None
    error: str = ""

    @property
    def state(self) -> str:
        """How it stands: `pending`, `delivered` or `failed`, that is given up."""
        if self.next_at is not None:
            return "pending"
        return "failed" if self.error else "delivered"


_ONE = deliveries.c


def add(connection: Connection, new: Sequence[Delivery]) -> None:
    """Let messages be sent from now on."""
    if new:
        rows = [{**one._asdict(), "next_at": one.created_at} for one in new]
        connection.execute(deliveries.insert(), rows)


def receivers(connection: Connection, now: float) -> list[str | None]:
    """Return the webhooks for which something is due at `now`; None among them = mail."""
    query = select(_ONE.webhook_id).where(_ONE.next_at <= now).distinct()
    return list(connection.execute(query).scalars())


def take(connection: Connection, webhook_id: str | None, now: float) -> Delivery | None:
    """Return what has been due for longest for a receiver, with its next attempt put off."""
    due = _ONE.webhook_id.is_not_distinct_from(webhook_id) & (_ONE.next_at <= now)
    query = select(deliveries).where(due).order_by(_ONE.next_at, _ONE.created_at).limit(1)
    row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    found = Delivery._make(row)
    later = now + WAITS[min(found.attempts, len(WAITS) - 1)]
    taken = found._replace(attempts=found.attempts + 1, next_at=later)
    change = deliveries.update().where(_ONE.id == taken.id)
    connection.execute(change.values(attempts=taken.attempts, next_at=later))
    return taken


def end(connection: Connection, id_: str, error: str = "", next_at: float | None = None) -> None:
    """Note how an attempt went: delivered, or with an error, given up unless there is a next."""
    change = deliveries.update().where(_ONE.id == id_)
    connection.execute(change.values(next_at=next_at, error=error[:MOST_ERROR]))


def retry(connection: Connection, webhook_id: str, now: float) -> int:
    """Begin anew with all that was given up for a webhook; return how many."""
    failed = (_ONE.webhook_id == webhook_id) & _ONE.next_at.is_(None) & (_ONE.error != "")
    again = deliveries.update().where(failed).values(next_at=now, attempts=0)
    return connection.execute(again).rowcount


def newest(connection: Connection, limit: int, webhook_id: str | None = None) -> list[Delivery]:
    """Return at most `limit` deliveries, newest first: those of one webhook, or all, mail too."""
    query = select(deliveries).order_by(_ONE.created_at.desc(), _ONE.id).limit(limit)
    if webhook_id is not None:
        query = query.where(_ONE.webhook_id == webhook_id)
    return [Delivery._make(row) for row in connection.execute(query)]


def given_up(connection: Connection, since: float) -> dict[str | None, int]:
    """Count what was made after `since` and given up, by webhook; None = mail."""
    query = select(_ONE.webhook_id, func.count()).group_by(_ONE.webhook_id)
    failed = _ONE.next_at.is_(None) & (_ONE.error != "") & (_ONE.created_at > since)
    return {row[0]: row[1] for row in connection.execute(query.where(failed))}


def remove_of(connection: Connection, webhook_id: str) -> None:
    """Forget all that was or is to be told to a webhook."""
    connection.execute(deliveries.delete().where(_ONE.webhook_id == webhook_id))


def purge(connection: Connection, now: float, most: int = 5000) -> int:
    """Forget at most `most` of those made `KEEP` seconds before `now`; return how many."""
    old = select(_ONE.id).where(_ONE.created_at < now - KEEP).limit(most)
    return connection.execute(deliveries.delete().where(_ONE.id.in_(old))).rowcount
