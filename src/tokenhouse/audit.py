"""Who did what: events that are written in the transaction of the change they tell of.

Each event carries a MAC over itself and the MAC before it, under a key that is sealed by the
master key: whoever can write to the database alone can neither alter, remove nor put in one
without breaking the chain. The head is sealed likewise, so that the newest events cannot be
cut off. The trap: an event must be the last thing that a transaction writes, since it holds
the head, and whoever waits for the head must hold nothing that its holder still needs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tokenhouse import outbox
from tokenhouse.store import audit_events
from tokenhouse.store.audit_events import MOST_NAME, AuditEvent, Head

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tokenhouse.actor import Actor
    from tokenhouse.store.database import Connection

DONE, REFUSED = "done", "refused"
_MOST_SOURCE = 64
_MOST_CUT = 5000


@dataclass(frozen=True, slots=True)
class Event:
    """What to record.

    Attributes:
        action: what was done.
        target: to what.
        user_id: whose affair it is.
        outcome: `DONE` or `REFUSED`.
        details: what else is worth knowing; never a secret.

    """

    action: str
    target: str
    user_id: str | None = None
    outcome: str = DONE
    details: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Trail:
    """The chain of events, with the key of its MACs."""

    key: bytes = field(repr=False)
    clock: Callable[[], float]

    def record(self, connection: Connection, actor: Actor, *events: Event) -> None:
        """Record events, as the last thing of a write transaction."""
        if not events:
            return
        head, _ = audit_events.head(connection, held=True)
        rows: list[AuditEvent] = []
        for event in events:
            row = AuditEvent(
                seq=head.seq + 1,
                at=self.clock(),
                actor=actor.name,
                action=event.action,
                target=event.target[:MOST_NAME],
                outcome=event.outcome,
                source=actor.origin.source[:_MOST_SOURCE],
                request_id=actor.origin.request_id,
                user_id=event.user_id,
                details=json.dumps(event.details, sort_keys=True),
            )
            mac = self.mac(head.mac, row)
            audit_events.add(connection, row, mac)
            head = replace(head, seq=row.seq, mac=mac)
            rows.append(row)
        outbox.queue(connection, rows)
        audit_events.move_head(connection, self.sealed(head))

    def cut(self, connection: Connection, actor: Actor, before: float) -> bool:
        """Forget events from before `before` (unix seconds), which is itself an event.

        Returns:
            Whether there may be more: it forgets a few thousand at once.

        """
        head, _ = audit_events.head(connection, held=True)
        oldest = audit_events.following(connection, head.first_seq - 1, _MOST_CUT)
        new = [number for number, (event, _) in enumerate(oldest) if event.at >= before]
        old = oldest[: new[0]] if new else oldest
        if not old:
            return False
        last, mac = old[-1]
        audit_events.remove_until(connection, last.seq)
        moved = replace(head, first_seq=last.seq + 1, mac_before=mac)
        audit_events.move_head(connection, self.sealed(moved))
        self.record(connection, actor, Event("audit.cut", f"event:{last.seq}"))
        return len(old) == _MOST_CUT

    def begin(self, connection: Connection, sealed_key: bytes) -> None:
        """Begin the chain of a new installation."""
        audit_events.begin(connection, self.sealed(Head(0, b"", 1, b"", b"")), sealed_key)

    def mac(self, before: bytes, event: AuditEvent) -> bytes:
        """Return the MAC that an event must have after the one with the MAC `before`."""
        return self._mac("event", before.hex(), *event)

    def sealed(self, head: Head) -> Head:
        """Return the head with the seal that it must have."""
        ends = (head.seq, head.mac.hex(), head.first_seq, head.mac_before.hex())
        return replace(head, seal=self._mac("head", *ends))

    def _mac(self, *values: object) -> bytes:
        text = json.dumps(values, separators=(",", ":"))
        return hmac.digest(self.key, text.encode(), hashlib.sha256)
