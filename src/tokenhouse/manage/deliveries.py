"""Telling people and programs elsewhere: what is due is sent, tried again, or given up.

Nobody who waits for an answer of ours waits for this: it is done in the background.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse import mail
from tokenhouse.crypto.secrets import make_id
from tokenhouse.log import LOGGER
from tokenhouse.mail import MailError, Message
from tokenhouse.store import deliveries, users
from tokenhouse.store.deliveries import MOST_ATTEMPTS, Delivery

if TYPE_CHECKING:
    from tokenhouse.audit import Event
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection

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
        await _mail(context, taken)
    except _NotDeliveredError as error:
        reason, over = str(error), taken.attempts >= MOST_ATTEMPTS
        LOGGER.warning(
            "delivery given up" if over else "delivery failed",
            extra={"delivery": taken.id, "type": taken.type, "reason": reason},
        )
        next_at = None if over else taken.next_at
        end = partial(deliveries.end, id_=taken.id, error=reason, next_at=next_at)
        await context.database.write(end)
        return False
    await context.database.write(partial(deliveries.end, id_=taken.id))
    return True


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
