"""Table `webhooks`: where programs elsewhere are told of events, and the sealed key that signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Double, String, Table, Text, select

from tokenhouse.store.schema import Sealed, Uuid, metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

SEAL = "webhook-key"  # the purpose under which the keys are sealed; the identity is id
MOST_URL = 2000
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("url", String(MOST_URL), nullable=False),
    Column("sealed", Sealed(SEAL, "id"), nullable=False),
    Column("events", Text, nullable=False),
    Column("created_at", Double, nullable=False),
)


class Webhook(NamedTuple):
    """One row.

    Attributes:
        events: which it is told of, space-separated: `secret.leaked`, or `secret` for all that
            begin so; empty = all.

    """

    id: str
    url: str
    sealed: bytes
    events: str
    created_at: float

    def wants(self, type_: str) -> bool:
        """Tell whether it is told of events of this type."""
        names = self.events.split()
        return not names or type_ in names or type_.partition(".")[0] in names


def add(connection: Connection, new: Webhook) -> None:
    """Add a webhook."""
    connection.execute(webhooks.insert(), new._asdict())


def every(connection: Connection) -> list[Webhook]:
    """Return all webhooks, oldest first."""
    query = select(webhooks).order_by(webhooks.c.created_at, webhooks.c.id)
    return [Webhook._make(row) for row in connection.execute(query)]


def find(connection: Connection, id_: str) -> Webhook | None:
    """Return the webhook with this id."""
    row = connection.execute(select(webhooks).where(webhooks.c.id == id_)).one_or_none()
    return Webhook._make(row) if row else None


def remove(connection: Connection, id_: str) -> None:
    """Forget a webhook."""
    connection.execute(webhooks.delete().where(webhooks.c.id == id_))
