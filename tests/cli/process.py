"""A command as a process with nothing added to it, for what `Service.cli` would add to or wait for.

Owns: its words, its environment, and a terminal of its own.
"""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from typer.testing import CliRunner

from tests.service import Service, free_port
from tokenhouse.cli import app

NOTHING: Mapping[str, str] = MappingProxyType({})
SECONDS = 60
LISTENS = "Tokenhouse listens on "


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


def converse(home: Path, *args: str, answers: Mapping[str, str | None]) -> tuple[int, str]:
    """Run `tokenhouse ARGS` on a terminal.

    Args:
        home: the folder to run it in.
        args: what to run.
        answers: the line typed when the command has asked this, in this order; None = SIGINT.

    Returns:
        The exit status, and all that stood on the terminal.

    """
    # A shell's background job ignores it, and so would what it starts: then nothing would end this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        words(*args),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        cwd=home,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        for question, answer in answers.items():
            shown = _read_until(ours, question.encode(), shown)
            if answer is None:
                process.send_signal(signal.SIGINT)
            else:
                os.write(ours, f"{answer}\n".encode())
        shown = _read_until(ours, None, shown)
        os.close(ours)
    return process.returncode, shown.decode()


def _read_until(terminal: int, text: bytes | None, shown: bytes) -> bytes:
    with suppress(OSError):  # a terminal that its last process has left says EIO
        while text is None or text not in shown:
            piece = os.read(terminal, 4096)
            if not piece:
                break
            shown += piece
    return shown
