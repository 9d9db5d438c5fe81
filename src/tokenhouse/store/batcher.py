"""Batch what arrives together: while one batch is at the database, the next one gathers.

This stands where other servers have a cache: a round trip or an fsync is shared among those
who wait for one, and nothing is ever stale.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from tokenhouse.store.unavailable import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

K = TypeVar("K")
V = TypeVar("V")
MOST = 128  # keys a batch


class Batcher(Generic[K, V]):
    """Answers keys one by one, asks for them many at a time."""

    def __init__(
        self,
        perform: Callable[[Sequence[K]], Sequence[V]],
        executor: Executor | None,
        patience: float | None = None,
    ) -> None:
        """Make a batcher.

        Args:
            perform: answers keys in their order.
            executor: where `perform` runs; None = on the event loop itself.
            patience: seconds that a batch may take before all who wait are told that the
                database does not answer; None = `perform` ends in time by itself.

        """
        self._perform = perform
        self._executor = executor
        self._patience = patience
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, key: K) -> asyncio.Future[V]:
        """Return what will be the answer to `key`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[V] = loop.create_future()
        self._waiting.append((key, future))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._start)
        return future

    def _start(self) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        keys = [key for key, _ in batch]
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Sequence[V]]
        if self._executor is not None:
            done = loop.run_in_executor(self._executor, self._perform, keys)
        else:
            done = loop.create_future()
            try:
                done.set_result(self._perform(keys))
            except Exception as error:  # noqa: BLE001 - because each asker gets it
                done.set_exception(error)
        if done.done():
            self._finish(batch, done)
        else:
            self._watch(batch)
            done.add_done_callback(lambda ended: self._finish(batch, ended))

    def _watch(self, batch: list[tuple[K, asyncio.Future[V]]]) -> None:
        """See to it that nobody waits longer than `patience` for a batch that does not end."""
        if self._patience is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._patience, self._give_up, batch)

    def _give_up(self, batch: list[tuple[K, asyncio.Future[V]]]) -> None:
        late, self._waiting = [*batch, *self._waiting], []
        for _, future in late:
            if not future.done():
                future.set_exception(Unavailable("no answer in time"))
        self._watch(batch)

    def _finish(
        self, batch: list[tuple[K, asyncio.Future[V]]], done: asyncio.Future[Sequence[V]]
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        error = done.exception()
        answers: Sequence[V] = [] if error else done.result()
        for index, (_, future) in enumerate(batch):
            if future.done():  # who asked has gone
                continue
            if error:
                future.set_exception(error)
            else:
                future.set_result(answers[index])
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._start)
        else:
            self._busy = False
