"""The signing keys: making the next one, and forgetting those whose last token is dead.

The next key is published before it signs, longer than anybody may keep the public keys, and a
retired one is kept until its last token has ended: whoever checks offline never meets a token
whose key it cannot know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.actor import OPERATOR, SYSTEM
from tokenhouse.audit import Event
from tokenhouse.crypto.keyring import Dated
from tokenhouse.crypto.sealing import MasterKeyError, SealError
from tokenhouse.crypto.signer import Signer, make_private_key
from tokenhouse.log import LOGGER
from tokenhouse.settings import KEY_RELOAD_SECONDS, LONGEST_TOKEN_LIFE
from tokenhouse.store import signing_keys
from tokenhouse.store.signing_keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.crypto.keyring import Keyring
    from tokenhouse.crypto.sealing import Sealer
    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection

_MARGIN = 300.0  # seconds that a retired key is kept beyond its last token; clocks differ


def make_key(sealer: Sealer, alg: str, number: int, now: float, signs_from: float) -> SigningKey:
    """Make a signing key and seal it; times in unix seconds."""
    private_key = make_private_key(alg)
    kid = Signer(alg, private_key).kid
    sealed = sealer.seal(signing_keys.SEAL, kid, private_key)
    return SigningKey(kid, number, alg, sealed, now, signs_from)


def load(rows: Sequence[SigningKey], sealer: Sealer, known: Keyring | None = None) -> list[Dated]:
    """Make rows, highest number first, ready to sign; those that `known` has are not opened.

    Raises:
        SealError: one does not open.

    """
    return [
        Dated(
            (known and known.find(row.kid))
            or Signer(row.alg, sealer.open(signing_keys.SEAL, row.kid, row.sealed)),
            row.signs_from,
        )
        for row in reversed(rows)
    ]


@dataclass(frozen=True, slots=True)
class KeyState:
    """A signing key, what it does now, and until when it signs (unix seconds; None = not known).

    `use` is `signs`, `next` or `checks`.
    """

    row: SigningKey
    use: str
    signs_until: float | None


def states(connection: Connection, now: float) -> list[KeyState]:
    """Return all signing keys with what each does at `now`, the newest first."""
    found: list[KeyState] = []
    until: float | None = None  # when the first of the newer ones begins to sign
    for row in signing_keys.every(connection):
        if until is not None and until <= max(now, row.signs_from):
            use = "checks"  # a newer one signs already, or will before this one would
        else:
            use = "next" if row.signs_from > now else "signs"
        found.append(KeyState(row, use, until))
        until = row.signs_from if until is None else min(until, row.signs_from)
    return found


def rotate(connection: Connection, context: Context, actor: Actor) -> SigningKey:
    """Make the next key, of the same algorithm; it is published now and signs after the lead.

    Returns:
        The next key: where one waits already, that one.

    """
    newest, *_ = signing_keys.every(connection)
    now = context.clock()
    if newest.signs_from > now:
        return newest
    start = now + context.settings.key_publication_lead
    made, events = _add(connection, context, newest.alg, start)
    context.trail.record(connection, actor, *events)
    return made


def rotate_now(
    connection: Connection, context: Context, actor: Actor, *, drop: bool = False
) -> SigningKey:
    """Make a key that signs as soon as every worker knows it.

    Who keeps the public keys, and does not look again at a `kid` that it does not know, refuses
    its tokens until `jwks_max_age` is over.

    Args:
        connection: a write transaction.
        context: the Context.
        actor: who asks for it.
        drop: all other keys are known to a thief: refuse at once every token they signed.

    """
    newest, *_ = signing_keys.every(connection)
    now = context.clock()
    start = now if drop else now + KEY_RELOAD_SECONDS
    made, events = _add(connection, context, newest.alg, start)
    if drop:
        others = [key.kid for key in signing_keys.every(connection) if key.kid != made.kid]
        signing_keys.remove(connection, others)
        events += [Event("signing_key.dropped", f"key:{kid}") for kid in others]
    context.trail.record(connection, actor, *events)
    return made


def follow_settings(connection: Connection, context: Context) -> None:
    """Make a next key for `signing_alg` where that was changed; the old keys go on checking."""
    newest, *_ = signing_keys.every(connection)
    settings = context.settings
    if newest.alg != settings.signing_alg:
        start = context.clock() + settings.key_publication_lead
        _, events = _add(connection, context, settings.signing_alg, start)
        context.trail.record(connection, OPERATOR, *events)


def _add(
    connection: Connection, context: Context, alg: str, signs_from: float
) -> tuple[SigningKey, list[Event]]:
    """Add the next key, or return the one that another worker has just added; what to record."""
    newest, *_ = signing_keys.every(connection)
    made = make_key(context.sealer, alg, newest.number + 1, context.clock(), signs_from)
    events: list[Event] = []
    if signing_keys.add(connection, made):
        LOGGER.info("signing key made", extra={"kid": made.kid, "alg": alg})
        events.append(Event("signing_key.created", f"key:{made.kid}", details={"alg": alg}))
    return signing_keys.every(connection)[0], events


def is_due(rows: Sequence[SigningKey], settings: Settings, now: float) -> bool:
    """Tell whether the time has come to publish the next key."""
    ahead = settings.key_rotation_seconds - settings.key_publication_lead
    return settings.key_rotation_seconds > 0 and rows[0].signs_from + ahead <= now


def rotate_if_due(connection: Connection, context: Context) -> None:
    """Make the next key if the time has come and no other worker has."""
    rows, now, settings = signing_keys.every(connection), context.clock(), context.settings
    if is_due(rows, settings, now):
        start = rows[0].signs_from + settings.key_rotation_seconds
        at_least = now + settings.key_publication_lead
        _, events = _add(connection, context, settings.signing_alg, max(start, at_least))
        context.trail.record(connection, SYSTEM, *events)


def dead(rows: Sequence[SigningKey], now: float) -> list[str]:
    """Return the `kid` of each key whose last token has ended, whatever its life was."""
    kept_from = now - LONGEST_TOKEN_LIFE - _MARGIN
    begun = [row.number for row in rows if row.signs_from < kept_from]
    return [row.kid for row in rows if begun and row.number < max(begun)]


async def keep(context: Context) -> None:
    """Learn new keys, make the next one when its time has come, forget the dead.

    Each worker does this about once a second; where there is nothing to do it is one query.
    """
    try:
        context.sealer.refresh()
    except MasterKeyError as error:
        LOGGER.warning("master keys not read again", extra={"reason": str(error)})
    rows = await context.database.read(signing_keys.every)
    now = context.clock()
    if is_due(rows, context.settings, now):
        await context.database.write(partial(rotate_if_due, context=context))
        rows = await context.database.read(signing_keys.every)
    if old := dead(rows, now):
        await context.database.write(partial(signing_keys.remove, kids=old))
    try:
        opened = load(rows, context.sealer, context.keyring)
    except SealError:
        context.keyring.lags = True
        raise
    context.keyring.replace(opened)
