"""A newcomer's way, by the README alone: from a clone to an API that lets a program in.

`python -m bench.newcomer`, a minute: runs each command of the README's section "Two minutes" as it
stands there, in a new folder, with an empty home and nothing fetched before, and does on the
console what the section says, by its forms. Prints what each step took; exits 1 where all took
longer than the bar, or something did not answer as it should.

Trap: it needs the ports that the README names, and the packages' registry.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from tests.console.browser import Browser
from tests.people import Person
from tests.service import HOST, Service

ROOT = Path(__file__).parents[1]
BAR = 120.0  # seconds
PATIENCE = 600  # seconds, for one step
SERVICE, API = 8000, 9000  # ports
SECTION = re.compile(r"^## Two minutes$(.*?)^## ", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(?:sh)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ACCOUNT = re.compile(r"e-mail +(\S+)\n +password +(\S+)\n")
EXPORT = re.compile(r"^export (TOKENHOUSE_\w+)=(\S+)$", re.MULTILINE)
SHELL = ("/bin/bash", "-euo", "pipefail", "-c")
KEPT = ("LANG", "PATH", "PYENV_ROOT", "TMPDIR")


@dataclass
class Newcomer:
    """Somebody with terminals in one folder, and a watch."""

    home: Path
    environ: dict[str, str]
    took: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def folder(self) -> Path:
        """Where the clone is, once it is there."""
        clone = self.home / "tokenhouse"
        return clone if clone.is_dir() else self.home

    @contextmanager
    def timed(self, step: str) -> Generator[None]:
        """Write down what a step takes."""
        begun = time.monotonic()
        yield
        self.took[step] = time.monotonic() - begun

    def run(self, step: str, command: str) -> str:
        """Run a command to its end; gives what it printed."""
        with self.timed(step):
            done = subprocess.run(  # noqa: S603 - the README's own words
                [*SHELL, command],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        if done.returncode != 0:
            raise SystemExit(f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    @contextmanager
    def started(self, step: str, command: str, is_up: Callable[[str], bool]) -> Generator[str]:
        """Start what does not end by itself, and wait until it is up; gives what it has printed."""
        log = self.home / f"{step}.log"
        with log.open("w") as written:
            process = subprocess.Popen(  # noqa: S603 - the README's, too
                [*SHELL, command],
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            with self.timed(step):
                until = time.monotonic() + PATIENCE
                while not is_up(log.read_text("utf-8")):
                    if process.poll() is not None or time.monotonic() > until:
                        raise SystemExit(f"{command}\n{log.read_text('utf-8')}")
                    time.sleep(0.05)
            yield log.read_text("utf-8")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def main() -> None:
    """Go the way, and print what it took."""
    for port in (SERVICE, API):
        if answers(port):
            sys.exit(f"port {port} of the README is taken; end what listens there")
    with tempfile.TemporaryDirectory(prefix="newcomer-") as home:
        one = Newcomer(Path(home), environment(Path(home)))
        go(one)
    for step, seconds in one.took.items():
        print(f"{step:45} {seconds:6.1f} s")
    total = sum(one.took.values())
    print(f"{'in all':45} {total:6.1f} s")
    if total > BAR:
        sys.exit(f"a newcomer's way takes more than {BAR:.0f} s")


def environment(home: Path) -> dict[str, str]:
    """What a new account has; how packages are found is the machine's, and kept."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    kept.pop("PIP_CACHE_DIR", None)
    own = str(Path(sys.executable).parent)
    kept["PATH"] = os.pathsep.join(one for one in kept["PATH"].split(os.pathsep) if one != own)
    return {**kept, "HOME": str(home)}


def go(one: Newcomer) -> None:
    """Do what the README says, from top to bottom."""
    readme = (ROOT / "README.md").read_text("utf-8")
    section = SECTION.search(readme)
    assert section is not None
    clone, serve, token, install, api, call = BLOCK.findall(section[1])
    one.run("clone", clone.replace("URL", f"'{ROOT}'"))
    assert (one.folder / "README.md").read_text("utf-8") == readme, "commit what is to be measured"
    with ExitStack() as servers:
        listens = "make run, until it listens"
        said = servers.enter_context(one.started(listens, serve, lambda log: "/docs" in log))
        with one.timed("console: sign in, make a credential"):
            shown = on_the_console(one, said)
        one.environ |= shown
        assert "access_token" in json.loads(one.run("a token by curl", token))
        one.run("the SDK, by pip", install)
        servers.enter_context(
            one.started("the example API, until it listens", api, lambda _: answers(API))
        )
        answer = json.loads(one.run("the program's call", call))
    assert answer["client_id"] == shown["TOKENHOUSE_CLIENT_ID"]


def on_the_console(one: Newcomer, said: str) -> Mapping[str, str]:
    """Sign in, make a credential; gives the environment variables that its page shows."""
    account = ACCOUNT.search(said)
    assert account is not None, said
    browser = Browser(Service(one.folder, port=SERVICE))
    browser.sign_in(Person(account[1], account[2], "", ""))
    assert "/credentials/new" in browser.get("/credentials").text
    _, page = browser.new_credential(name="my first program")
    return dict(EXPORT.findall(unescape(re.sub(r"<[^>]+>", "", page))))


def answers(port: int) -> bool:
    """Tell whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


if __name__ == "__main__":
    main()
