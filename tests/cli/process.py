"""A command as a process with nothing added to it, for what `Service.cli` would add to or wait for.

Owns: its words, its environment, and a terminal of its own.
"""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from typer.testing import CliRunner

from tests.service import Service, free_port
from tokenhouse.cli import app

NOTHING: Mapping[str, str] = MappingProxyType({})
SECONDS = 60
LISTENS = "Tokenhouse listens on "
END = "\x04"  # Ctrl-D
# subprocess has no word for it: the new session takes the terminal, then becomes the command.
IN_FRONT = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.argv[1], sys.argv[1:])\n"
)


def words(*args: str | bytes) -> list[str | bytes]:
    """The words that start `tokenhouse ARGS`."""
    return [sys.executable, "-m", "tokenhouse", *args]


def environment(settings: Mapping[str, str] = NOTHING) -> dict[str, str]:
    """The environment of a command with these settings and no others."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("TOKENHOUSE_")}
    return inherited | {f"TOKENHOUSE_{name.upper()}": value for name, value in settings.items()}


def run(
    home: Path, *args: str | bytes, settings: Mapping[str, str] = NOTHING, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `tokenhouse ARGS` in a folder, with `given` on its standard input."""
    return subprocess.run(
        words(*args),
        input=given,
        capture_output=True,
        text=True,
        env=environment(settings),
        cwd=home,
        timeout=SECONDS,
        check=False,
    )


def at_once(service: Service, *args: str) -> subprocess.CompletedProcess[str]:
    """Run `tokenhouse ARGS` as `Service.cli` does, but within this process: that saves a second.

    Trap: it has the clock and the libraries of the tests.
    """
    where = ["--data-dir", str(service.data_dir)]
    if service.database_url is not None:
        where += ["--database-url", service.database_url]
    names: dict[str, str | None] = {
        name: None for name in os.environ if name.startswith("TOKENHOUSE_")
    }
    own = {f"TOKENHOUSE_{name.upper()}": value for name, value in service.settings.items()}
    done = CliRunner().invoke(app, [*args, *where], env={**names, **own}, catch_exceptions=False)
    return subprocess.CompletedProcess(args, done.exit_code, done.stdout, done.stderr)


@contextmanager
def serving(home: Path, *args: str) -> Generator[subprocess.Popen[str]]:
    """A server on the folder `data` and a free port; killed at the end, whatever happens."""
    with subprocess.Popen(
        words("serve", "--data-dir", "data", "--port", str(free_port()), *args),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=home,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """The line that a server says when all is made and it listens, or what it says instead."""
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.readline() or process.stderr.readline()


def converse(
    home: Path,
    *args: str,
    answers: Iterable[tuple[str, str | None]],
    until: str | None = None,
    meanwhile: Callable[[], object] = int,
) -> tuple[int, str]:
    """Run `tokenhouse ARGS` as the job in front of a terminal.

    Trap: what is typed before a question for a password stands there whole, to its last space, is
    thrown away by the one who asks.

    Args:
        home: the folder to run it in.
        args: what to run.
        answers: what is typed when the command has asked this, in this order: a line, or `END` for
            an end of input; None = SIGINT.
        until: what a command says that does not end by itself.
        meanwhile: what to do then, before it gets SIGTERM.

    Returns:
        The exit status, and all that stood on the terminal.

    """
    # A shell's background job ignores it, and so would what it starts: then nothing would end this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-ISc", IN_FRONT, *words(*args)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        cwd=home,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        seen = Seen(ours)
        try:
            for question, answer in answers:
                seen.read(question)
                if answer is None:
                    _interrupt(process)
                else:
                    os.write(ours, answer.encode() if answer == END else f"{answer}\n".encode())
            if until is not None:
                seen.read(until)
                meanwhile()
                process.terminate()
            seen.read(None)
            process.wait(SECONDS)
        finally:
            process.kill()
            os.close(ours)
    return process.returncode, seen.text.decode()


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Send SIGINT until it ends: one between a question and the reading of its answer is lost."""
    for _ in range(SECONDS // 5):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


@dataclass
class Seen:
    """What has stood on a terminal, and how much of that has been looked at."""

    terminal: int
    text: bytes = b""
    looked_at: int = 0

    def read(self, expected: str | None) -> None:
        """Read until this has come, after all else; None: until the last process has left."""
        until = time.monotonic() + SECONDS
        wanted = None if expected is None else expected.encode()
        with suppress(OSError):  # a terminal that its last process has left says EIO
            while wanted is None or wanted not in self.text[self.looked_at :]:
                ready, _, _ = select.select(
                    [self.terminal], [], [], max(until - time.monotonic(), 0)
                )
                assert ready, f"{expected!r} has not come, but: {self.text!r}"
                self.text += os.read(self.terminal, 4096)
        if wanted is not None:
            found = self.text.find(wanted, self.looked_at)
            assert found >= 0, f"it ended before {expected!r}: {self.text!r}"
            self.looked_at = found + len(wanted)
