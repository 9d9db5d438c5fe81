"""Write transactions that are asked for at once become one, where there is one writer anyway.

A commit waits for the disk, whatever is in it. The trap: what one of them refuses must not take
the others back, so they are then done again, each by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tokenhouse.store.batcher import Batcher
from tokenhouse.store.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from sqlalchemy import Connection

    Work = Callable[[Connection], Any]
    Outcome = Callable[[], Any]

T = TypeVar("T")


class SharedCommit:
    """Gathers write transactions, and commits once for all that came together."""

    def __init__(
        self,
        write_now: Callable[[Callable[[Connection], Any]], Any],
        executor: Executor,
        turns: int,
    ) -> None:
        """Take what runs a write transaction on a thread, the thread, and see `Batcher`."""
        self._write_now = write_now
        self._batcher: Batcher[Work, Outcome] = Batcher(self._perform, executor, turns=turns)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction, perhaps after others and before more.

        Args:
            work: does nothing but ask its connection, since it may have to be done twice.

        """
        outcome: Callable[[], T] = await self._batcher.ask(work)
        return outcome()

    def _perform(self, works: Sequence[Work]) -> Sequence[Outcome]:
        try:
            done = self._write_now(lambda connection: [work(connection) for work in works])
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - because each is told of its own
            return [self._alone(work) for work in works]
        return [_gives(value) for value in done]

    def _alone(self, work: Work) -> Outcome:
        try:
            return _gives(self._write_now(work))
        except Exception as error:  # noqa: BLE001 - because who asked gets it
            return _raises(error)


def _gives(value: T) -> Callable[[], T]:
    return lambda: value


def _raises(error: Exception) -> Outcome:
    def outcome() -> None:
        raise error

    return outcome
