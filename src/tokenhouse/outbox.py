"""What programs elsewhere are told: an event becomes one delivery for each webhook that wants it.

In the transaction of the event itself, and in the form of Standard Webhooks. What is told are
changes of credentials and of people; sign-ins and refusals are not. The trap: a row that locks the
webhook which it is for would wait for whoever deletes that one, who waits for the trail's head.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tokenhouse.crypto.secrets import make_id
from tokenhouse.store import deliveries, webhooks
from tokenhouse.store.deliveries import Delivery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tokenhouse.store.audit_events import AuditEvent
    from tokenhouse.store.database import Connection

ABOUT = (
    "credential",
    "secret",
    "client_keys",
    "token",
    "user",
    "password",
)  # what a type may begin with


def queue(connection: Connection, events: Sequence[AuditEvent]) -> None:
    """Queue what webhooks want of these events, which are being written."""
    told = [event for event in events if is_told(event)]
    if told:
        hooks = webhooks.every(connection)
        new = [delivery(hook.id, one) for one in told for hook in hooks if hook.wants(one.action)]
        deliveries.add(connection, new)


def is_told(event: AuditEvent) -> bool:
    """Tell whether webhooks are told of an event."""
    return event.outcome == "done" and event.action.partition(".")[0] in ABOUT


def message(type_: str, at: float, data: Mapping[str, object]) -> str:
    """Write the body of a message: what happened, when (unix seconds), and to what."""
    when = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": type_, "timestamp": when, "data": data})


def delivery(webhook_id: str, event: AuditEvent) -> Delivery:
    """Make a delivery of an event; the address that it came from is nobody else's affair."""
    data = {
        "event_id": event.seq,
        "actor": event.actor,
        "target": event.target,
        "user_id": event.user_id,
        "details": json.loads(event.details),
    }
    body = message(event.action, event.at, data)
    return Delivery(make_id(), webhook_id, None, event.action, body, event.at)
