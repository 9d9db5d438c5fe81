"""The gate before password hashing: how many at once on this machine, and whose turn is next.

A hash takes 19 MiB and 20 ms of a core on purpose, so that a login flood must not have all of
the machine: one core is left to those who need no password. One more than may hash has a turn,
and gets ready meanwhile. Turns and hashes are locks on files in the data folder, which the kernel
takes back from a process that is killed; who waits stands in a file that all workers of the
installation share.

The trap: a flood fills any queue. A source has few places in it, those with recent failures
cannot have all of it, and a source without goes first, whichever worker it came to.
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from tokenhouse.gate.register import (
    MOST_WAITING,
    Busy,
    Register,
    digest_of,
    open_file,
    open_register,
)
from tokenhouse.metrics.tally import NO_TALLY, Tally

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from pathlib import Path

__all__ = ["MOST_WAITING", "Busy", "Gate"]
P = ParamSpec("P")
T = TypeVar("T")
_NICENESS = 5  # of a hashing thread, so that the event loops come first
_COURTESY = 0.002  # seconds that a worker lets another go first
_DEFERRALS = 20
_TURN, _HASH = "turn", "hash"  # the files that are locked


class Gate:
    """The turns of one worker."""

    def __init__(self, folder: Path, tally: Tally = NO_TALLY) -> None:
        """Prepare; files are made in `folder` when the first one comes, and counted in `tally`."""
        self._folder, self._tally = folder, tally
        self._hashes = max(1, (os.cpu_count() or 1) - 1)
        self._turns = self._hashes + 1
        self._hashing = ThreadPoolExecutor(self._hashes, "hash", _step_back)
        self._asking = ThreadPoolExecutor(self._turns, "turn")
        self._numbers = itertools.cycle(range(self._turns))
        self._queue: list[_Place] = []
        self._askers: set[asyncio.Task[None]] = set()
        self._register: Register | None = None

    def expect_room(self, source: str) -> None:
        """Look whether `source` could wait now, at the price of a glance.

        Raises:
            Busy: there is no room, however clean it is.

        """
        with self._counted():
            self._shared().expect_room(digest_of(source))

    def _shared(self) -> Register:
        if self._register is None:
            turns, hashes = range(self._turns), range(self._hashes)
            names = [f"{_TURN}-{one}" for one in turns] + [f"{_HASH}-{one}" for one in hashes]
            self._register = open_register(self._folder, names)
        return self._register

    @asynccontextmanager
    async def turn(self, source: str, *, suspect: bool = False) -> AsyncGenerator[None]:
        """Wait for a turn and hold it.

        Args:
            source: where the request comes from.
            suspect: there were failures from there a short while ago.

        Raises:
            Busy: the queue is full.

        """
        with self._counted():
            number, priority = self._shared().join(source, suspect=suspect)
        place = _Place(number, priority, asyncio.get_running_loop().create_future())
        self._queue.append(place)
        self._ask()
        try:
            with self._tally.timed("hash_wait_seconds"):
                slot = await place.slot
        except BaseException:
            self._give_up(place)
            raise
        try:
            yield
        finally:
            os.close(slot)
            self._ask()

    @contextmanager
    def _counted(self) -> Generator[None]:
        try:
            yield
        except Busy:
            self._tally.add("hash_refusals")
            raise

    def waiting(self) -> int:
        """Tell how many wait, over all workers.

        Raises:
            Busy: there is no place for the queue.

        """
        return self._shared().waiting()

    def _give_up(self, place: _Place) -> None:
        if place in self._queue:
            self._queue.remove(place)
            self._left(place)
        elif not place.slot.cancelled() and place.slot.exception() is None:
            os.close(place.slot.result())

    def _left(self, place: _Place) -> None:
        if self._register is not None:
            self._register.leave(place.number)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on a thread that steps back behind the event loops; with a turn only."""

        def hashing() -> tuple[T, int]:
            handle = _lock_one(self._folder, _HASH, self._hashes)
            begun = perf_counter_ns()
            try:
                return work(*args, **kwargs), perf_counter_ns() - begun
            finally:
                os.close(handle)

        done, took = await asyncio.get_running_loop().run_in_executor(self._hashing, hashing)
        self._tally.observe("hash_seconds", number=took)
        return done

    def close(self) -> None:
        """End the threads."""
        self._asking.shutdown()
        self._hashing.shutdown()

    def _ask(self) -> None:
        """Ask for as many turns as there are some to wait for."""
        while len(self._askers) < min(self._turns, len(self._queue)):
            asker = asyncio.get_running_loop().create_task(self._take())
            self._askers.add(asker)
            asker.add_done_callback(self._askers.discard)

    async def _take(self) -> None:
        """Take a slot when the next in the queue is ours; that may be one who came meanwhile."""
        slot = await self._lock()
        for _ in range(_DEFERRALS):  # a worker that was killed may stand before us
            if not self._queue or self._register is None:
                break
            if self._register.is_next(min(place.priority for place in self._queue)):
                break
            os.close(slot)
            await asyncio.sleep(_COURTESY)
            slot = await self._lock()
        while self._queue:
            place = min(self._queue, key=lambda one: one.priority)
            self._queue.remove(place)
            self._left(place)
            if not place.slot.done():
                place.slot.set_result(slot)
                return
        os.close(slot)

    async def _lock(self) -> int:
        slot = _lock_if_free(self._folder, _TURN, next(self._numbers))
        if slot is not None:
            return slot
        wait = partial(_lock_one, self._folder, _TURN, self._turns)
        return await asyncio.get_running_loop().run_in_executor(self._asking, wait)


@dataclass(eq=False, frozen=True, slots=True)
class _Place:
    """A place in the queue: its number in the register, and the slot that it waits for."""

    number: int
    priority: int
    slot: asyncio.Future[int]


def _step_back() -> None:
    if sys.platform == "linux":  # where a thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _lock_if_free(folder: Path, kind: str, number: int) -> int | None:
    """Lock a file; return it open, None where it is locked."""
    handle = open_file(folder, f"{kind}-{number}")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _lock_one(folder: Path, kind: str, count: int) -> int:
    """Lock one of so many files, waiting where all are locked; return it open."""
    for number in range(count):
        handle = _lock_if_free(folder, kind, number)
        if handle is not None:
            return handle
    handle = open_file(folder, f"{kind}-{threading.get_native_id() % count}")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle
