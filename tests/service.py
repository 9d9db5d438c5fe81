"""A real server process and its command line, as an operator would run them.

Owns: starting, stopping, killing and restarting `tokenhouse serve` on one data directory, and
reading its log. Trap: the issuer holds the port, so a restart keeps the port; it lies below the
range that the system hands to outgoing connections, or one of those could take it while the server
is down.
"""

import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self

import httpx

from tests import canary, preloaded

HOST = "127.0.0.1"
CLOCK = Path(__file__).with_name("clock")
PROGRAM = (sys.executable, "-m", "tokenhouse")
START_SECONDS = 30
CLI_SECONDS = 60
STOP_SECONDS = 15

Started = preloaded.Process | subprocess.Popen[bytes]


class ServiceFailedError(AssertionError):
    """The server process did not do what every test relies on; the message ends with its log."""


def _ports() -> Iterator[int]:
    """Ports in turn, those of this process of the test run alone: two never take the same one."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, many = 20_000 + number % 8 * 1500, 1500
    start = secrets.randbelow(many)
    return (first + (start + step) % many for step in itertools.count())


_PORTS = _ports()


def free_port() -> int:
    """A loopback port that nobody listens on (see the trap above); raises ServiceFailedError."""
    for port in itertools.islice(_PORTS, 100):
        if not _listens(port):
            return port
    message = "no free loopback port found"
    raise ServiceFailedError(message)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@dataclass
class Service:
    """One installation: a data directory, its settings, and at most one running server process."""

    home: Path
    workers: int = 1
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    database_url: str | None = None
    port: int = field(default_factory=free_port)
    clock_ahead: int | None = None  # seconds, from the next start on; see `move_clock`
    admin: tuple[str, str] | None = None  # e-mail address and password, once one is made
    config: Path | None = None  # a settings file
    by_words: bool = False  # started as from a shell, not as a fork; see `preloaded`
    _process: Started | None = field(default=None, init=False, repr=False)

    @property
    def url(self) -> str:
        """Where it listens, which is also its default issuer; without a final slash."""
        return f"http://{HOST}:{self.port}"

    @property
    def data_dir(self) -> Path:
        """The directory that holds the database and the master key."""
        return self.home / "data"

    @property
    def log_file(self) -> Path:
        """Standard output and standard error of every run, one after the other."""
        return self.home / "server.log"

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int:
        """The process that was started: the server, or the supervisor of its workers."""
        return self._running().pid

    @property
    def worker_pids(self) -> set[int]:
        """The workers of a supervisor; none where the server is one process."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return set(map(int, children.read_text("ascii").split()))

    def start(self) -> Self:
        """Start the server and wait until `/healthz` answers 200; raises ServiceFailedError."""
        self.home.mkdir(parents=True, exist_ok=True)
        for left in (self.data_dir, self.log_file):
            canary.will_search(left)
        listen = ("--host", HOST, "--port", str(self.port), "--workers", str(self.workers))
        with Path(os.devnull).open("rb") as nothing, self.log_file.open("ab") as log:
            words = self._words("serve", *listen)
            self._process = self._run(words, nothing, log, log, session=True)
        self._wait_until_healthy(self._process)
        return self

    def move_clock(self, ahead: int) -> None:
        """Set the clock of a server that was started with `clock_ahead`, at once."""
        self.clock_ahead = ahead
        self._write_clock()

    def _write_clock(self) -> Path:
        file = self.home / "clock"
        with file.open("r+b" if file.exists() else "wb", buffering=0) as clock:
            clock.write(f"{self.clock_ahead:<16}".encode())  # in one piece: a server may read it
        return file

    def stop(self) -> int:
        """End the server as a service manager would (SIGTERM, then SIGKILL); the exit status."""
        process = self._running()
        process.terminate()
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill9()
            message = f"not gone {STOP_SECONDS} s after SIGTERM\n{self.log}"
            raise ServiceFailedError(message) from None
        self._process = None
        return status

    def kill9(self) -> None:
        """End the server and its workers at once; `start` brings it back on the same data."""
        process = self._running()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)
        self._process = None
        until = time.monotonic() + STOP_SECONDS
        while _listens(self.port):  # its workers die with it, but not in the same moment
            if time.monotonic() > until:
                message = f"something listens {STOP_SECONDS} s after SIGKILL\n{self.log}"
                raise ServiceFailedError(message)
            time.sleep(0.01)

    def cli(self, *args: str, input: str | bytes = b"") -> subprocess.CompletedProcess[str]:  # noqa: A002 - subprocess's own word
        """Run `tokenhouse ARGS` on this data, beside a running server; a refusal is not raised."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(input.encode() if isinstance(input, str) else input)
            given.seek(0)
            process = self._run(self._words(*args), given, out, err)
            try:
                status = process.wait(CLI_SECONDS)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait(STOP_SECONDS)
                raise
            said = [_all(file).decode("utf-8", "replace") for file in (out, err)]
            return subprocess.CompletedProcess(args, status, *said)

    def begin(self, *args: str) -> subprocess.Popen[bytes]:
        """Start `tokenhouse ARGS` on this data, to be watched, killed or waited for."""
        return subprocess.Popen(
            [*PROGRAM, *self._words(*args)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(),
            cwd=self.home,
        )

    def close(self) -> None:
        """Stop if still running; raises ServiceFailedError if the log has a traceback."""
        if self._process is not None:
            self.stop()
        if "Traceback (most recent call last)" in self.log:
            message = f"the server logged a traceback\n{self.log}"
            raise ServiceFailedError(message)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(
        self,
        words: list[str],
        given: IO[bytes],
        out: IO[bytes],
        err: IO[bytes],
        *,
        session: bool = False,
    ) -> Started:
        if self.by_words or not preloaded.is_on or self.clock_ahead is not None:
            return subprocess.Popen(
                [*PROGRAM, *words],
                stdin=given,
                stdout=out,
                stderr=err,
                env=self._environment(),
                cwd=self.home,
                start_new_session=session,
            )
        files = (given.fileno(), out.fileno(), err.fileno())
        return preloaded.start(words, self._environment(), self.home, files, session=session)

    def _words(self, *args: str) -> list[str]:
        where = ["--data-dir", str(self.data_dir)]
        if self.database_url is not None:
            where += ["--database-url", self.database_url]
        if self.config is not None:
            where += ["--config", str(self.config)]
        return [*args, *where]

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TOKENHOUSE_")}
        own = {f"TOKENHOUSE_{name.upper()}": value for name, value in self.settings.items()}
        if self.clock_ahead is not None:
            path = os.pathsep.join(filter(None, [str(CLOCK), inherited.get("PYTHONPATH")]))
            own |= {"PYTHONPATH": path, "CLOCK_FILE": str(self._write_clock())}
        return inherited | own | canary.settings()

    def _running(self) -> Started:
        if self._process is None:
            message = "the server is not running"
            raise ServiceFailedError(message)
        return self._process

    def _wait_until_healthy(self, process: Started) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and process.poll() is None:
            if _healthy(self.url):
                return
            time.sleep(0.05)
        if process.poll() is None:
            self.kill9()
        self._process = None
        message = f"the server did not come up (exit status {process.returncode})\n{self.log}"
        raise ServiceFailedError(message)


def _all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
