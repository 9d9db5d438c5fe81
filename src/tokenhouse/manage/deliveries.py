"""Telling people and programs elsewhere: what is due is sent, tried again, or given up.

Nobody who waits for an answer of ours waits for this: it is done in the background.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse import mail, outbound
from tokenhouse.actor import SYSTEM
from tokenhouse.audit import Event
from tokenhouse.crypto.secrets import make_id
from tokenhouse.log import LOGGER
from tokenhouse.mail import MailError, Message
from tokenhouse.manage import webhooks as rules
from tokenhouse.outbound import OutboundError
from tokenhouse.store import deliveries, users, webhooks
from tokenhouse.store.deliveries import MOST_ATTEMPTS, Delivery

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection

_GOOD = range(200, 300)
_ROUND = 10.0  # seconds; who is slow then waits for the next round


class _NotDeliveredError(Exception):
    """An attempt failed; the text says why."""


def queue_mail(
    connection: Connection, context: Context, event: Event, text: tuple[str, str]
) -> None:
    """Let a message go to whose affair an event is, in the background, by the mail server if any.

    Args:
        connection: the transaction of what it tells of.
        context: the Context.
        event: what it tells of.
        text: subject and body.

    """
    if mail.is_on(context.settings):
        body = json.dumps(text)
        new = Delivery(make_id(), None, event.user_id, event.action, body, context.clock())
        deliveries.add(connection, [new])


async def send_due(context: Context) -> None:
    """Send what is due, to each receiver one after the other, to all of them at once."""
    due = await context.database.read(partial(deliveries.receivers, now=context.clock()))
    await asyncio.gather(*(_send_to(context, receiver) for receiver in due))


async def _send_to(context: Context, receiver: str | None) -> None:
    """Send what is due to one receiver, until an attempt fails or the round is over."""
    until, good = context.clock() + _ROUND, True
    while good and context.clock() < until:
        take = partial(deliveries.take, webhook_id=receiver, now=context.clock())
        taken = await context.database.write(take)
        if taken is None:
            return
        good = await _attempt(context, taken)


async def _attempt(context: Context, taken: Delivery) -> bool:
    try:
        await (_mail if taken.webhook_id is None else _post)(context, taken)
    except _NotDeliveredError as error:
        failed = partial(_failed, context=context, taken=taken, reason=str(error))
        await context.database.write(failed)
        return False
    await context.database.write(partial(deliveries.end, id_=taken.id))
    return True


def _failed(connection: Connection, context: Context, taken: Delivery, reason: str) -> None:
    """Note a failed attempt; where it was the last, say so in log and trail."""
    over = taken.attempts >= MOST_ATTEMPTS
    about = {"delivery": taken.id, "type": taken.type, "reason": reason}
    LOGGER.warning("delivery given up" if over else "delivery failed", extra=about)
    next_at = None if over else taken.next_at
    deliveries.end(connection, taken.id, reason, next_at)
    if over:
        to = f"webhook:{taken.webhook_id}" if taken.webhook_id else f"user:{taken.user_id}"
        event = Event("delivery.given_up", to, taken.user_id, details=about)
        context.trail.record(connection, SYSTEM, event)


async def _post(context: Context, taken: Delivery) -> None:
    webhook_id = str(taken.webhook_id)
    webhook = await context.database.read(partial(webhooks.find, id_=webhook_id))
    if webhook is None:
        msg = "the webhook was deleted"
        raise _NotDeliveredError(msg)
    headers = rules.headers(context, webhook, taken)
    try:
        status = await outbound.post(webhook.url, headers, taken.body.encode())
    except OutboundError as error:
        raise _NotDeliveredError(str(error)) from None
    if status not in _GOOD:
        msg = f"answered {status}"
        raise _NotDeliveredError(msg)


async def _mail(context: Context, taken: Delivery) -> None:
    user_id = str(taken.user_id)
    (user,) = await context.database.read(partial(users.by_ids, keys=[user_id]))
    if user is None or not user.email or not mail.is_on(context.settings):
        msg = "there is no such person, or no mail server, any more"
        raise _NotDeliveredError(msg)
    subject, text = json.loads(taken.body)
    try:
        await mail.send(context.settings, Message(user.email, subject, text), context.clock())
    except MailError as error:
        raise _NotDeliveredError(str(error)) from None
