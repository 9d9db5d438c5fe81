"""The gate before password hashing: how many at once on this machine, and whose turn is next.

A hash takes 19 MiB and 25 ms of a core on purpose, so that a login flood must not have all of
the machine: one core is left to those who need no password. The slots are locks on files in
the data folder, which the kernel takes back from a process that is killed; who waits stands in
a file that all workers of the installation share.

The trap: a flood fills any queue. A source has few places in it, those with recent failures
cannot have all of it, and a source without goes first, whichever worker it came to.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import mmap
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from tokenhouse.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")
MOST_WAITING = 64
MOST_SUSPECT = 48  # of those, from sources with recent failures
MOST_OF_A_SOURCE = 4
_MOST_WORKERS = 64
_NICENESS = 5  # of a hashing thread, so that the event loops come first
_COURTESY = 0.002  # seconds that a worker lets another go first
_DEFERRALS = 20


class Busy(Exception):
    """There is no room to wait; try again later."""


class Gate:
    """The turns of one worker."""

    def __init__(self, folder: Path) -> None:
        """Prepare; files are made in `folder` when the first one comes."""
        self._folder = folder
        self._slots = max(1, (os.cpu_count() or 1) - 1)
        self._hashing = ThreadPoolExecutor(self._slots, "hash", _step_back)
        self._asking = ThreadPoolExecutor(self._slots, "slot")
        self._queue: list[_Place] = []
        self._askers: set[asyncio.Task[None]] = set()
        self._register: _Register | None = None

    def expect_room(self, source: str) -> None:
        """Look whether `source` could wait now, at the price of a glance.

        Raises:
            Busy: there is no room, however clean it is.

        """
        self._shared().expect_room(_digest(source))

    def _shared(self) -> _Register:
        if self._register is None:
            self._register = _open_register(self._folder)
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
        number, priority = self._shared().join(source, suspect=suspect)
        place = _Place(number, priority, asyncio.get_running_loop().create_future())
        self._queue.append(place)
        self._ask()
        try:
            slot = await place.slot
        except BaseException:
            self._give_up(place)
            raise
        try:
            yield
        finally:
            os.close(slot)
            self._ask()

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
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._hashing, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """End the threads."""
        self._asking.shutdown()
        self._hashing.shutdown()

    def _ask(self) -> None:
        """Ask for as many slots as there are some to wait for."""
        while len(self._askers) < min(self._slots, len(self._queue)):
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
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._asking, _lock_one, self._folder, self._slots)


@dataclass(eq=False, frozen=True, slots=True)
class _Place:
    """A place in the queue: its number in the register, and the slot that it waits for."""

    number: int
    priority: int
    slot: asyncio.Future[int]


def _digest(source: str) -> int:
    """Return what stands for a source in the register; never 0."""
    return int.from_bytes(hashlib.sha256(source.encode()).digest()[:8]) | 1


def _step_back() -> None:
    if sys.platform == "linux":  # where a thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _lock_one(folder: Path, slots: int) -> int:
    """Lock one of the slots, waiting where all are taken; return the open file."""
    for number in range(slots):
        handle = _open(folder, f"slot-{number}")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
        else:
            return handle
    handle = _open(folder, f"slot-{threading.get_native_id() % slots}")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _open(folder: Path, name: str) -> int:
    return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _open_register(folder: Path) -> _Register:
    try:
        return _Register(folder)
    except OSError as error:
        LOGGER.warning("no place for the queue of sign-ins", extra={"reason": str(error)})
        raise Busy from None


class _Register:
    """Who waits, over all workers: 64 places in a file that they share.

    Each has the digest of the source (0 = free), its priority (least first) and the worker's
    number. A worker holds its number by a lock, so that the places of one that was killed are
    known. The trap: writing to a mapped file that has no room on the disk ends the process,
    so the room is taken first.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._file = _open(folder, "waiting")
        os.posix_fallocate(self._file, 0, 3 * 8 * MOST_WAITING)
        numbers = memoryview(mmap.mmap(self._file, 3 * 8 * MOST_WAITING)).cast("Q")
        self._sources = numbers[:MOST_WAITING]
        self._priorities = numbers[MOST_WAITING:-MOST_WAITING]
        self._workers = numbers[-MOST_WAITING:]
        self._worker = self._claim()

    def join(self, source: str, *, suspect: bool) -> tuple[int, int]:
        """Take a place; return its number and its priority.

        Before those who came earlier stand those whose source has fewer waiting already.

        Raises:
            Busy: there is none for this source.

        """
        digest = _digest(source)
        with self._alone():
            before = self.expect_room(digest, MOST_SUSPECT if suspect else MOST_WAITING)
            number = self._sources.tolist().index(0)
            priority = (suspect << 3 | before) << 59 | time.monotonic_ns() & (1 << 59) - 1
            self._priorities[number], self._workers[number] = priority, self._worker
            self._sources[number] = digest
        return number, priority

    def expect_room(self, digest: int, most: int = MOST_WAITING) -> int:
        """Return how many of a source wait.

        Raises:
            Busy: as many as may, or `most` of all.

        """
        sources = self._sources.tolist()
        before = sources.count(digest)
        if MOST_WAITING - sources.count(0) >= most or before >= MOST_OF_A_SOURCE:
            raise Busy
        return before

    def leave(self, number: int) -> None:
        """Give a place back."""
        self._sources[number] = 0

    def is_next(self, priority: int) -> bool:
        """Tell whether nobody who waits goes before this priority."""
        waiting = zip(self._sources, self._priorities, strict=True)
        return all(priority <= other for source, other in waiting if source)

    def _claim(self) -> int:
        """Take the first number that no living worker has; clear what the dead have left."""
        mine, dead = None, set[int]()
        with self._alone():
            for worker in range(_MOST_WORKERS):
                try:
                    fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, worker)
                except OSError:  # held by a living one
                    continue
                dead.add(worker)
                if mine is None:
                    mine = worker
                else:
                    fcntl.lockf(self._file, fcntl.LOCK_UN, 1, worker)
            for number, worker in enumerate(self._workers):
                if worker in dead:
                    self._sources[number] = 0
        if mine is None:
            raise Busy
        return mine

    @contextmanager
    def _alone(self) -> Generator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
