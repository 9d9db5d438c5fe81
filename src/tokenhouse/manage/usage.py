"""How many tokens a credential got: by hour for a day, by day for a month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.manage import own
from tokenhouse.store import token_counts
from tokenhouse.store.token_counts import DAY, HOUR

if TYPE_CHECKING:
    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection

_HOURS, _DAYS = 24, 30


@dataclass(frozen=True, slots=True)
class Count:
    """The tokens of one hour or one day, which began at `begins_at`, unix seconds."""

    begins_at: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Usage:
    """The last 24 hours and 30 days (UTC), oldest first; the last of each is not over yet."""

    hours: tuple[Count, ...]
    days: tuple[Count, ...]


def show(connection: Connection, context: Context, actor: Actor, client_id: str) -> Usage:
    """Return how many tokens a credential got.

    Raises:
        NotFound: unknown, deleted, or another's.

    """
    own.show(connection, actor, client_id)
    now = context.clock()
    hours, days = (_last(connection, client_id, now, *of) for of in ((_HOURS, HOUR), (_DAYS, DAY)))
    return Usage(hours, days)


def _last(
    connection: Connection, client_id: str, now: float, number: int, span: int
) -> tuple[Count, ...]:
    last = token_counts.begin(now, span)
    begins = range(last - (number - 1) * span, last + span, span)
    found = token_counts.of_client(connection, client_id, span, begins.start)
    return tuple(Count(begin, found.get(begin, 0)) for begin in begins)
