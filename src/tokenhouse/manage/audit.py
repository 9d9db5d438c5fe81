"""The audit trail as people read it: whose events one may see, and whether the chain is whole."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.actor import OPERATOR
from tokenhouse.audit import Event
from tokenhouse.store import audit_events
from tokenhouse.store.audit_events import Sought

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenhouse.actor import Actor
    from tokenhouse.audit import Trail
    from tokenhouse.context import Context
    from tokenhouse.store.audit_events import AuditEvent, Head
    from tokenhouse.store.database import Connection

_AT_ONCE = 1000
_DAY = 86400
# Those that name this machine or its secrets: they differ from one machine to the next.
_OF_A_MACHINE = {
    "host",
    "port",
    "workers",
    "data_dir",
    "database_url",
    "master_key_file",
    "master_keys",
    "master_key_command",
    "tls_cert",
    "tls_key",
}


def page(
    connection: Connection, actor: Actor, sought: Sought, *, before: int | None, limit: int
) -> list[AuditEvent]:
    """Return events that the actor may see, newest first: an administrator all, others own.

    Args:
        connection: where to ask.
        actor: who asks.
        sought: which events.
        before: only those with a lower number; None = from the newest on.
        limit: at most so many.

    """
    mine = sought if actor.is_admin else replace(sought, user_id=actor.user_id)
    return audit_events.page(connection, mine, before=before, limit=limit)


def cut(connection: Connection, context: Context, actor: Actor) -> bool:
    """Forget the events that are older than they are to be kept; tell whether there are more."""
    days = context.settings.audit_retention_days
    before = context.clock() - days * _DAY
    return days > 0 and context.trail.cut(connection, actor, before)


def follow_settings(connection: Connection, context: Context) -> None:
    """Record the settings that are not the default, where they are others than at the last start.

    What names a machine or a secret is left out.
    """
    now = context.settings.model_dump(mode="json", exclude_defaults=True, exclude=_OF_A_MACHINE)
    last = audit_events.page(connection, Sought(action="settings.changed"), limit=1)
    if now != (json.loads(last[0].details) if last else {}):
        event = Event("settings.changed", "settings", details=now)
        context.trail.record(connection, OPERATOR, event)


def every(context: Context) -> Iterator[AuditEvent]:
    """Yield all events, oldest first."""
    for event, _ in _walk(context):
        yield event


class UnfinishedError(Exception):
    """There was no time for all; the events up to `seq` are as they were written."""

    def __init__(self, seq: int) -> None:
        """Say how far it went."""
        super().__init__(f"verified up to event {seq}")
        self.seq = seq


def verify(context: Context, seconds: float = math.inf) -> str | None:
    """Say the first thing that is wrong with the chain; None = it is as it was written.

    Args:
        context: the Context.
        seconds: that it may take.

    Raises:
        UnfinishedError: it takes longer.

    """
    until = time.monotonic() + seconds
    while True:
        head, _ = context.database.read_now(audit_events.head)
        wrong = _wrong(context, head, until)
        again, _ = context.database.read_now(audit_events.head)
        if wrong is None or head.first_seq == again.first_seq:
            return wrong
        # Retention cut the beginning off while it was read.


def _wrong(context: Context, start: Head, until: float) -> str | None:
    trail = context.trail
    if trail.sealed(start) != start:
        return "the head of the chain was altered: events may have been cut off at either end"
    seq, mac = start.first_seq - 1, start.mac_before
    for event, found in _walk(context):
        seq += 1
        if time.monotonic() > until:
            raise UnfinishedError(seq - 1)
        if event.seq > seq:
            return f"event {seq} was removed"
        if event.seq < seq:
            return f"event {event.seq} was put in"
        if found != trail.mac(mac, event):
            how = "put in" if seq > start.seq else "altered, or put in"
            return f"event {seq} was {how}"
        mac = found
    return _wrong_end(trail, seq, mac, context.database.read_now(audit_events.head))


def _wrong_end(trail: Trail, seq: int, mac: bytes, end: tuple[Head, int]) -> str | None:
    head, last = end
    if trail.sealed(head) != head:
        return "the head of the chain was altered: events may have been cut off at either end"
    if last < head.seq:
        return f"event {last + 1} was removed, and all after it"
    if last > head.seq:
        return f"event {head.seq + 1} was put in"
    if seq == head.seq and mac != head.mac:
        return f"event {seq} was altered"
    return None


def _walk(context: Context) -> Iterator[tuple[AuditEvent, bytes]]:
    seq = -1
    while rows := context.database.read_now(
        partial(audit_events.following, seq=seq, limit=_AT_ONCE)
    ):
        yield from rows
        seq = rows[-1][0].seq
