"""Webhooks: where programs elsewhere are told of events, by Standard Webhooks' form.

The key that signs is shown once and kept sealed. An address is kept in clear: it is no place for a
secret.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenhouse import outbox
from tokenhouse.audit import Event
from tokenhouse.crypto.sealing import make_key
from tokenhouse.crypto.secrets import make_id
from tokenhouse.manage.errors import Conflict, Invalid, NotFound
from tokenhouse.outbound import unfit
from tokenhouse.store import deliveries, webhooks
from tokenhouse.store.deliveries import Delivery
from tokenhouse.store.webhooks import MOST_URL, SEAL, Webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection

MOST = 20  # webhooks
MOST_EVENTS = 50  # names that one may ask for
CREATED = "webhook.created"
_NAME = re.compile(rf"({'|'.join(outbox.ABOUT)})(\.[a-z_]{{1,40}})?")


def add(
    connection: Connection, context: Context, actor: Actor, url: str, events: Sequence[str] = ()
) -> tuple[Webhook, str]:
    """Add a webhook; the first message to it is that it was added.

    Args:
        connection: a write transaction.
        context: the Context.
        actor: an administrator.
        url: where to send.
        events: what to tell of: `secret.leaked`, or `secret` for all that begin so; none = all.

    Returns:
        The webhook, and the secret that checks its messages, which is never shown again.

    Raises:
        Invalid: the address or a name cannot be used.
        Conflict: there are too many.

    """
    _check(url, events)
    if len(webhooks.every(connection)) >= MOST:
        msg = f"there are {MOST} webhooks already; delete one first"
        raise Conflict(msg)
    id_, key, now = make_id(), make_key(), context.clock()
    sealed = context.sealer.seal(SEAL, id_, key)
    made = Webhook(id_, url, sealed, " ".join(dict.fromkeys(events)), now)
    webhooks.add(connection, made)
    body = outbox.message(CREATED, now, {"webhook_id": id_})
    deliveries.add(connection, [Delivery(make_id(), id_, None, CREATED, body, now)])
    context.trail.record(connection, actor, _event(CREATED, made))
    return made, "whsec_" + base64.b64encode(key).decode()


def _check(url: str, events: Sequence[str]) -> None:
    wrong = unfit(url) if len(url) <= MOST_URL else f"longer than {MOST_URL} characters"
    if wrong:
        field = "url"
        raise Invalid(field, wrong)
    if len(events) > MOST_EVENTS:
        field = "events"
        raise Invalid(field, f"more than {MOST_EVENTS}")
    for place, name in enumerate(events):
        if not _NAME.fullmatch(name):
            about = ", ".join(outbox.ABOUT)
            raise Invalid(f"events.{place}", f"must be one of {about}, or such as secret.leaked")


def show(connection: Connection, id_: str) -> Webhook:
    """Return a webhook.

    Raises:
        NotFound: there is none.

    """
    found = webhooks.find(connection, id_) if id_.isprintable() else None
    if found is None:
        raise NotFound
    return found


def remove(connection: Connection, context: Context, actor: Actor, id_: str) -> None:
    """Delete a webhook with all that waits for it.

    Raises:
        NotFound: there is none.

    """
    gone = show(connection, id_)
    webhooks.remove(connection, id_)
    deliveries.remove_of(connection, id_)
    context.trail.record(connection, actor, _event("webhook.deleted", gone))


def retry(connection: Connection, context: Context, id_: str) -> int:
    """Let all that was given up for a webhook be tried again from now on; return how many.

    Raises:
        NotFound: there is none.

    """
    return deliveries.retry(connection, show(connection, id_).id, context.clock())


def log(connection: Connection, id_: str, limit: int) -> list[Delivery]:
    """Return at most `limit` of what a webhook was told, newest first.

    Raises:
        NotFound: there is none.

    """
    return deliveries.newest(connection, limit, show(connection, id_).id)


def headers(context: Context, webhook: Webhook, told: Delivery) -> dict[str, str]:
    """Return the headers that name and sign a message, for an attempt now."""
    key = context.sealer.open(SEAL, webhook.id, webhook.sealed)
    timestamp = str(int(context.clock()))
    signed = f"{told.id}.{timestamp}.{told.body}".encode()
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "Webhook-Id": told.id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": f"v1,{signature}",
    }


def _event(action: str, webhook: Webhook) -> Event:
    parts = urlsplit(webhook.url)
    details = {"to": f"{parts.scheme}://{parts.netloc}", "events": webhook.events.split()}
    return Event(action, f"webhook:{webhook.id}", details=details)
