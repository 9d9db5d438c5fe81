"""`tokenhouse ARGS` as a fork of a process that has loaded the program already.

Loading Python and the libraries takes half a second of a core, and the tests start the program more
than a thousand times. What a fork runs is the program all the same, in a process of its own: its
own memory, signals, files, environment and folder. `tests/cli/process.py` starts it by its words,
for what a fork would not show.

Owns: the process that is loaded, one for each process of the test run. Trap: a fork's command line
is not its own, and its parent is the loaded process, which tells how it ended.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import random
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

MOST = 1 << 20  # octets of a request
LIBRARIES = ("psycopg", "pysqlite3", "sqlalchemy.dialects.postgresql.psycopg", "uvloop")
is_on = True  # whether tests may start the program so
_asking = threading.Lock()


@dataclass
class Process:
    """A process that was started: as much of `subprocess.Popen` as the tests use."""

    pid: int
    _ended: int = field(repr=False)  # a pipe, which tells the status
    returncode: int | None = None

    def poll(self) -> int | None:
        """Say how it ended, None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end, `timeout` seconds at most; raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("tokenhouse", timeout)
            self.returncode = os.waitstatus_to_exitcode(int(os.read(self._ended, 16)))
            os.close(self._ended)
        return self.returncode

    def terminate(self) -> None:
        """Send it SIGTERM."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def start(
    args: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    files: tuple[int, int, int],
    *,
    session: bool = False,
) -> Process:
    """Start `tokenhouse ARGS`.

    Args:
        args: without the program's own name.
        environment: all of it.
        folder: where it runs.
        files: its standard input, output and error.
        session: whether it leads a session of its own.

    """
    ended, tells = os.pipe()
    asked = json.dumps([list(args), dict(environment), str(folder), session]).encode()
    with _asking:
        loaded = _loaded()
        socket.send_fds(loaded, [asked], [*files, tells])
        pid = int(loaded.recv(16))
    os.close(tells)
    return Process(pid, ended)


@cache
def _loaded() -> socket.socket:
    """Start what loads the program; it ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())]
    with theirs:
        loaded = subprocess.Popen(words, pass_fds=[theirs.fileno()], cwd=Path(__file__).parents[1])
    atexit.register(_end, ours, loaded)
    return ours


def _end(asks: socket.socket, loaded: subprocess.Popen[bytes]) -> None:
    asks.close()
    loaded.wait()


def _load() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    package = importlib.import_module("tokenhouse")
    for module in pkgutil.walk_packages(package.__path__, "tokenhouse."):
        if ".migrations." not in module.name:  # these Alembic loads, and each time anew
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _serve(asks: socket.socket) -> None:
    """Fork for each that asks, and tell each the end of its own; return in the forks alone."""
    tells: dict[int, int] = {}
    wakes, woken = socket.socketpair()
    woken.settimeout(0)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the tests end by it; we when they have
    while True:
        ready, _, _ = select.select([asks, wakes], [], [])
        if wakes in ready:
            wakes.recv(4096)
            _reap(tells)
        if asks in ready:
            asked, files, _, _ = socket.recv_fds(asks, MOST, 4)
            if not asked:
                sys.exit()
            pid = os.fork()
            if pid == 0:
                _become(files, *json.loads(asked))
                return
            for file in files[:3]:
                os.close(file)
            tells[pid] = files[3]
            asks.send(str(pid).encode())


def _reap(tells: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            tell = tells.pop(pid)
            with suppress(BrokenPipeError):
                os.write(tell, str(status).encode())
            os.close(tell)


def _become(
    files: Sequence[int],
    words: list[str],
    environment: Mapping[str, str],
    folder: str,
    session: bool,  # noqa: FBT001 - as it came over the wire
) -> None:
    """Put in place what a new process has: files, signals, environment, folder, words."""
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
        if (
            number > 2 and number != nothing
        ):  # they stay taken, or an object of ours would one day close what is not
            os.dup2(nothing, number, inheritable=False)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if session:
        os.setsid()
    random.seed()
    sys.argv[1:] = words


if __name__ == "__main__":
    _load()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    importlib.import_module("tokenhouse.__main__").main()
