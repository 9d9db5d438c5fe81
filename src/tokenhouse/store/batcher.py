"""Batch what arrives together: while one batch is at the database, the next one gathers.

This stands where other servers have a cache: a round trip or an fsync is shared among those
who wait for one, and nothing is ever stale.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tokenhouse.store.lookup import MOST
from tokenhouse.store.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    Asked = Sequence[tuple[Any, asyncio.Future[Any]]]
    Tell = Callable[[Asked, int, bool], None]

K = TypeVar("K")
V = TypeVar("V")
K_contra = TypeVar("K_contra", contravariant=True)


class Asks(Protocol[K_contra, V]):
    """What the token path has of a batcher."""

    def ask(self, key: K_contra) -> asyncio.Future[V]: ...  # noqa: D102 - the class says


@dataclass(eq=False, slots=True)
class _Batch(Generic[K, V]):
    asked: list[tuple[K, asyncio.Future[V]]]
    timer: asyncio.TimerHandle | None = field(default=None)


class Batcher(Generic[K, V]):
    """Answers keys one by one, asks for them many at a time."""

    def __init__(
        self,
        perform: Callable[[Sequence[K]], Sequence[V]],
        executor: Executor | None,
        patience: float | None = None,
        turns: int = 1,
    ) -> None:
        """Make a batcher.

        Args:
            perform: answers keys in their order.
            executor: where `perform` runs; None = on the event loop itself.
            patience: seconds that a batch may take before all who wait are told that the
                database does not answer; None = `perform` ends in time by itself.
            turns: of the event loop in a row that bring no more before a batch starts.

        """
        self._perform, self._executor, self._turns = perform, executor, turns
        self._patience, self._busy = patience, False
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._tells: tuple[Tell, ...] = ()
        self._took = 0

    def watch(self, tell: Tell) -> None:
        """Have `tell` hear of each batch: who asked, nanoseconds, whether it failed."""
        self._tells = (*self._tells, tell)
        if len(self._tells) > 1:
            return
        perform = self._perform

        def timed(keys: Sequence[K]) -> Sequence[V]:
            begun = perf_counter_ns()
            try:
                return perform(keys)
            finally:
                self._took = perf_counter_ns() - begun

        self._perform = timed

    def ask(self, key: K) -> asyncio.Future[V]:
        """Return what will be the answer to `key`."""
        future: asyncio.Future[V] = self._loop.create_future()
        self._waiting.append((key, future))
        if not self._busy:
            self._busy = True
            self._begin()
        return future

    def _begin(self, seen: int = 0, quiet: int = 0) -> None:
        """Start when turns of the loop have brought no more.

        Nobody is asleep meanwhile: the loop goes on with what is ready, more share a commit, and
        what is done in a row is cheaper (docs/decisions/0024).
        """
        waiting = len(self._waiting)
        quiet = quiet + 1 if waiting == seen else 0
        if quiet >= self._turns or waiting >= MOST:
            self._start()
        else:
            self._loop.call_soon(self._begin, waiting, quiet)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """The loop that all who ask run on; looked up once, for that costs a system call."""
        return asyncio.get_running_loop()

    def _start(self) -> None:
        batch: _Batch[K, V] = _Batch(self._waiting[:MOST])
        self._waiting = self._waiting[MOST:]
        keys = [key for key, _ in batch.asked]
        if self._executor is None:
            self._finish(batch, *self._outcome(keys))
        else:
            self._watch(batch)
            self._executor.submit(self._apart, batch, keys)

    def _outcome(self, keys: Sequence[K]) -> tuple[Sequence[V], Exception | None]:
        try:
            return self._perform(keys), None
        except Exception as error:  # noqa: BLE001 - because each asker gets it
            return (), error

    def _apart(self, batch: _Batch[K, V], keys: Sequence[K]) -> None:
        """Perform on a thread; asyncio's own futures for it would cost a token a microsecond."""
        outcome = self._outcome(keys)
        with suppress(RuntimeError):  # the loop has ended, and with it all who asked
            self._loop.call_soon_threadsafe(self._finish, batch, *outcome)

    def _watch(self, batch: _Batch[K, V]) -> None:
        if self._patience is not None:
            batch.timer = self._loop.call_later(self._patience, self._give_up, batch)

    def _give_up(self, batch: _Batch[K, V]) -> None:
        """Tell all who wait that there is no answer; and those who come, until it ends."""
        late, self._waiting = [*batch.asked, *self._waiting], []
        for _, future in late:
            if not future.done():
                _fail(future, Unavailable("no answer in time"))
        self._watch(batch)

    def _finish(self, batch: _Batch[K, V], answers: Sequence[V], error: Exception | None) -> None:
        if batch.timer is not None:
            batch.timer.cancel()
        for tell in self._tells:
            tell(batch.asked, self._took, error is not None)
        for index, (_, future) in enumerate(batch.asked):
            if future.done():  # who asked has gone
                continue
            if error:
                _fail(future, error)
            else:
                future.set_result(answers[index])
        if self._waiting:
            self._begin()
        else:
            self._busy = False


def _fail(future: asyncio.Future[V], error: BaseException) -> None:
    """Tell who asked; one that asked two things at once hears it from the first."""
    future.set_exception(error)
    future.exception()  # or the other would be logged as never retrieved
