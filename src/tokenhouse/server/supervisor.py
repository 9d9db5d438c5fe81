"""Several worker processes: forked, watched and replaced; none of them outlives its supervisor.

The supervisor is one thread without an event loop: it loads the program, forks, and then only
waits for signals. What to do next follows from how the workers stand, never from where in a
sequence it is, so that a worker may die and a signal may come at any moment. The traps: a worker
must not run what its parent would run at exit; a worker whose parent was killed must let go of the
port.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from tokenhouse.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.server.sockets import Sockets

    Work = Callable[["Parent"], None]

END_SECONDS = 9.5  # from the signal until a worker that does not end is killed
_SILENT_SECONDS = (
    30.0  # after which a worker counts as hung; a crowded machine is slow to start one
)
_PAUSE_SECONDS = 1.0  # after a worker that never served
_TICK_SECONDS = 0.2
_ENDING = (signal.SIGTERM, signal.SIGINT)
_SIGNALS = (*_ENDING, signal.SIGHUP, signal.SIGCHLD)


def most(count: int) -> int:
    """Return how many workers may live at once where `count` work: others are still ending."""
    return 2 * count + 8


@dataclass(frozen=True, slots=True)
class Parent:
    """The supervisor, as a worker sees it; and the number and place that it has in its eyes.

    No two that live have one number, and the least that is free goes to the next. A place is one
    of as many as work; who replaces a worker has the same one.
    """

    pid: int
    pipe: int
    number: int
    place: int

    def is_gone(self) -> bool:
        """Tell whether it has died."""
        return os.getppid() != self.pid

    def tell(self) -> None:
        """Tell it that this worker serves; to be repeated, or it takes the worker for hung."""
        try:
            os.write(self.pipe, b".")
        except OSError:  # it is gone, or has not listened for hours
            return


@dataclass(slots=True)
class _Worker:
    pid: int
    pipe: int
    number: int
    place: int
    heard: float = field(default_factory=time.monotonic)
    serves: bool = False
    stale: bool = False  # to be replaced
    ends_by: float | None = None  # it has been told to end

    def listen(self) -> None:
        """Hear whether it serves."""
        try:
            told = os.read(self.pipe, 4096)
        except BlockingIOError:
            return
        if told:
            if not self.serves:
                LOGGER.info("worker serves", extra={"worker": self.pid})
            self.heard, self.serves = time.monotonic(), True

    def end(self, number: int, seconds: float = END_SECONDS) -> None:
        """Send it a signal to finish what is in flight, and end within so many seconds."""
        self.ends_by = time.monotonic() + seconds
        os.kill(self.pid, number)

    def is_late(self) -> bool:
        """Tell whether it hangs."""
        return time.monotonic() > (self.ends_by or self.heard + _SILENT_SECONDS)


@dataclass(frozen=True, slots=True)
class Team:
    """How many work, and for how many seconds they go on after SIGTERM."""

    count: int
    drain_seconds: float


class Supervisor:
    """Keeps a team at work."""

    def __init__(
        self, work: Work, team: Team, listening: Sockets, renew: Callable[[], Work | None]
    ) -> None:
        """Prepare.

        Args:
            work: what a worker does; it returns when a signal has ended it: SIGTERM after a while,
                SIGINT at once.
            team: so many do it.
            listening: what they share; closed when all end.
            renew: asked on SIGHUP for what a worker does from then on; None = it stays as it is,
                and so do the workers.

        """
        self._work, self._count, self._listening, self._renew = work, team.count, listening, renew
        self._drain_seconds = team.drain_seconds
        self._workers: list[_Worker] = []
        self._ends = False
        self._not_before = 0.0

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; SIGHUP replaces the workers one by one."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        gc.freeze()  # or the collector of each worker would copy what all of them share
        while self._workers or not self._ends:
            self._staff()
            came = signal.sigtimedwait(_SIGNALS, _TICK_SECONDS)
            if came is not None:
                self._obey(came.si_signo)
            for worker in list(self._workers):
                self._tend(worker)

    def _obey(self, number: int) -> None:
        if number in _ENDING:
            LOGGER.info("workers end", extra={"signal": signal.Signals(number).name})
            self._ends = True
            self._listening.close()
            wait = self._drain_seconds if number == signal.SIGTERM else 0
            for worker in self._workers:
                worker.end(number, END_SECONDS + wait)
        elif number == signal.SIGHUP and (work := self._renew()) is not None:
            self._work = work
            LOGGER.info("workers are replaced one by one", extra={"signal": "SIGHUP"})
            for worker in self._workers:
                worker.stale = True

    def _tend(self, worker: _Worker) -> None:
        """Hear a worker, bury it, or kill it."""
        worker.listen()
        pid, status = os.waitpid(worker.pid, os.WNOHANG)
        if pid:
            os.close(worker.pipe)
            self._workers.remove(worker)
            if not worker.serves:
                self._not_before = time.monotonic() + _PAUSE_SECONDS
            said = {"worker": pid, "status": os.waitstatus_to_exitcode(status)}
            if worker.ends_by is None:
                LOGGER.error("worker died", extra=said)
            else:
                LOGGER.info("worker ended", extra=said)
        elif worker.is_late():
            LOGGER.error("worker hangs and is killed", extra={"worker": worker.pid})
            os.kill(worker.pid, signal.SIGKILL)

    def _staff(self) -> None:
        """Start who is missing; to replace a worker, one more, and when it serves end the old."""
        staying = [worker for worker in self._workers if worker.ends_by is None]
        stale = [worker for worker in staying if worker.stale]
        if self._ends or time.monotonic() < self._not_before:
            return
        if len(self._workers) == most(self._count):
            return
        if len(staying) < self._count + bool(stale):
            self._workers.append(self._start())
        elif stale and all(worker.serves for worker in staying):
            stale[0].end(signal.SIGINT)  # the others go on, so nobody is told

    def _start(self) -> _Worker:
        supervisor = os.getpid()
        taken = {worker.number for worker in self._workers}
        number = next(number for number in range(most(self._count)) if number not in taken)
        stays = [one for one in self._workers if one.ends_by is None and not one.stale]
        filled = Counter(worker.place for worker in stays)
        place = min(range(self._count), key=filled.__getitem__)
        reading, writing = os.pipe()
        for end in (reading, writing):
            os.set_blocking(end, False)
        pid = os.fork()
        if pid == 0:
            self._be_worker(Parent(supervisor, writing, number, place))
        os.close(writing)
        return _Worker(pid, reading, number, place)

    def _be_worker(self, parent: Parent) -> NoReturn:
        status: object = 1
        try:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._work(parent)
            status = 0
        except SystemExit as end:
            status = end.code or 0
        except BaseException:  # noqa: BLE001 - because it must not run what the parent would
            LOGGER.exception("worker failed")
        finally:
            logging.shutdown()
            os._exit(status if isinstance(status, int) else 1)
