"""Sealing everything anew under the current master key, while the service runs.

In small transactions, each complete in itself: a run that is cut off is taken up by the next
one. Values that a worker sealed under the old key meanwhile are found by another pass, so the
end is a pass that finds nothing.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.actor import OPERATOR
from tokenhouse.audit import Event
from tokenhouse.store import sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection
    from tokenhouse.store.sealed import SealedColumn, SealedValue

_PAUSE = 0.01  # seconds between transactions, in which others write


def rewrap(context: Context, settle: float) -> Iterator[tuple[str, int]]:
    """Seal everything anew.

    Args:
        context: the Context; its first master key is the one to seal with.
        settle: seconds after which every worker seals with that key.

    Yields:
        A column, and how many of its values have just been sealed anew.

    """
    *most, check = sealed.columns()
    before, done = -1, 0
    while before != done:
        before = done
        for column in most:
            for count in _column(context, column):
                done += count
                yield column.name, count
        time.sleep(settle if before != done else 0)
    for count in _column(context, check):
        done += count
        yield check.name, count
    if done:
        event = Event("master_key.changed", "master_key", details={"sealed_anew": done})
        context.database.write_now(lambda c: context.trail.record(c, OPERATOR, event))


def _column(context: Context, column: SealedColumn) -> Iterator[int]:
    after: object = None
    while True:
        values = context.database.write_now(partial(_some, context, column, after))
        if not values:
            return
        yield len(values)
        after = values[-1].key
        time.sleep(_PAUSE)


def _some(
    context: Context, column: SealedColumn, after: object, connection: Connection
) -> list[SealedValue]:
    sealer, purpose = context.sealer, column.purpose
    values = sealed.not_under(connection, column, sealer.head, after)
    clear = [sealer.open(purpose, one.identity, one.value) for one in values]
    anew = [
        sealer.seal(purpose, one.identity, text) for one, text in zip(values, clear, strict=True)
    ]
    if values:
        sealed.replace(connection, column, list(zip(values, anew, strict=True)))
    return values
