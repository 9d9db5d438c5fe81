"""Who waits for a turn, over all workers of an installation: a file that they share."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tokenhouse.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

MOST_WAITING = 64
MOST_SUSPECT = 48  # of those, from sources with recent failures
MOST_OF_A_SOURCE = 4
_MOST_WORKERS = 64


class Busy(Exception):
    """There is no room to wait; try again later."""


def digest_of(source: str) -> int:
    """Return what stands for a source in the register; never 0."""
    return int.from_bytes(hashlib.sha256(source.encode()).digest()[:8]) | 1


def open_file(folder: Path, name: str) -> int:
    """Open a file of the gate, making it where there is none."""
    return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def open_register(folder: Path, names: Iterable[str]) -> Register:
    """Open the queue of an installation, and have the other files of its gate.

    Raises:
        Busy: there is no place for them.

    """
    try:
        register = Register(folder)
        for name in names:
            os.close(open_file(folder, name))
        return register  # noqa: TRY300 - because all of it may fail alike
    except OSError as error:
        LOGGER.warning("no place for the queue of sign-ins", extra={"reason": str(error)})
        raise Busy from None


class Register:
    """Who waits, over all workers: 64 places in a file that they share.

    Each has the digest of the source (0 = free), its priority (least first) and the worker's
    number. A worker holds its number by a lock, so that the places of one that was killed are
    known. The trap: writing to a mapped file that has no room on the disk ends the process,
    so the room is taken first.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._file = open_file(folder, "waiting")
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
        digest = digest_of(source)
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

    def waiting(self) -> int:
        """Count those who wait."""
        return MOST_WAITING - self._sources.tolist().count(0)

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
