"""Kill mutants of the protocol rooms with the tests that run the changed line.

    python -m mutation.run [--only MODULE] [--living] [--minutes N] [--most SECONDS]

First each test runs once, to see which lines it runs; then each mutant meets the tests that run
its line, those first that killed its neighbours, until one fails. A mutant is killed when a test
fails, the server does not start, or the tests hang. What is known is kept in build/, so that a run
which was ended goes on where it stopped. Exits 0 when all are judged and at least 90 % killed.

The servers are forks of this process (`fork.py`). Those of one fork of it live on from mutant to
mutant where only a function changes: they then switch to its code, at the next request. A test
that killed runs again without the mutant; where it fails once more, the mutant left something
behind, and is judged anew in another fork, as the first.
"""

import argparse
import compileall
import gc
import json
import os
import shutil
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mutation.fork import Fork, Lines, Switch, fits, in_fork
from mutation.mutants import Mutant, mutants
from mutation.order import Ran, file_of, order
from tests.people import add_person
from tests.service import Service

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "tokenhouse"
RAN = ROOT / "build" / "mutation-tests.json"
KILLERS = ROOT / "build" / "mutation.json"
ROOMS = ("client_auth", "oauth", "tokens", "sign_in.py")
TESTS = ("tests/protocol", "tests/api", "tests/hostile/test_catalogue.py")
WITHOUT = "tests/api/test_keys.py"  # about first starts, and waits for much else
LEAST_KILLED = 0.9
TEST_HANG = 20  # seconds, for one test
OPTIONS = ["-q", "-s", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"]
Keyed = tuple[str, Mutant]


class Judge:
    """A pytest plugin that runs the tests its own way: again and again, in forks."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        """Read what is known."""
        files = [file for room in ROOMS for file in sorted((PACKAGE / room).rglob("*.py"))]
        files += [PACKAGE / room for room in ROOMS if room.endswith(".py")]
        self.sources = {file: file.read_text("utf-8") for file in files}
        self.mutants = {
            file: [(f"{number} {m.line}: {m.was} → {m.now}", m) for number, m in enumerate(made)]
            for file, source in self.sources.items()
            if (made := list(mutants(source)))
        }
        self.chosen = chosen
        self.until = time.monotonic() + 60 * chosen.minutes
        self.fork = Fork()
        self.lines = Lines(files)
        self.failed = False
        self.items: dict[str, pytest.Item] = {}
        self.hashes = {
            _name(file): sha256(text.encode()).hexdigest() for file, text in self.sources.items()
        }
        ran, known = _read(RAN), _read(KILLERS)
        self.ran: Ran = ran["ran"] if ran.get("sources") == self.hashes else {}
        self.killers: dict[str, dict[str, str]] = {
            name: known["killers"][name] if known.get("sources", {}).get(name) == same else {}
            for name, same in self.hashes.items()
        }

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure the tests, then judge the mutants."""
        self.items = {item.nodeid: item for item in session.items}
        compileall.compile_dir(PACKAGE, quiet=1)
        self.fork.install()
        # httpx makes one for each client, which takes longer than a request.
        ssl.create_default_context = cache(ssl.create_default_context)  # type: ignore[assignment]  # - because the same call is cached
        begin_with_an_installation(
            Path(str(session.config.getoption("basetemp"))).with_name("made")
        )
        gc.collect()
        gc.freeze()
        self._measure()
        for alone in (False, True):
            for file, keyed in self.mutants.items():
                if time.monotonic() < self.until:
                    self._judge_all(file, keyed, alone=alone)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notice a failure."""
        self.failed = self.failed or report.failed

    def _run(self, test: str) -> bool:
        """Run one test, whatever ran before it; tell whether it failed."""
        item = self.items[test]
        self.failed = False
        try:
            state: Any = getattr(item.session, "_setupstate")  # noqa: B009 - pytest wants an order
            state.teardown_exact(item)
        except Exception:  # noqa: BLE001 - what others' fixtures hold the server against at their end
            return True
        keep: Any = item.parent
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=keep)
        return self.failed

    def _measure(self) -> None:
        """See which lines each test runs; one that fails without any mutant runs none."""
        self.ran = {name: ran for name, ran in self.ran.items() if name in self.items}
        new = [test for test in self.items if test not in self.ran]
        self.fork.lines = self.lines
        for file in dict.fromkeys(map(file_of, new)):
            if time.monotonic() > self.until:
                break
            of_file = [test for test in new if file_of(test) == file]
            watch = partial(map, self._watch, of_file)
            self.ran |= dict(in_fork(watch))
            _write(RAN, {"sources": self.hashes, "ran": self.ran})
        self.fork.lines = None

    def _watch(self, test: str) -> list[object]:
        began = time.monotonic()
        self.lines.take()
        failed = self._run(test)
        lines = {_name(Path(file)): lines for file, lines in self.lines.take().items()}
        seconds = round(time.monotonic() - began, 3)
        return [test, {"seconds": seconds, "lines": {} if failed else lines}]

    def _is_wanted(self, name: str, key: str) -> bool:
        known = self.killers[name].get(key)
        again = known == "" and self.chosen.living
        return name.startswith(self.chosen.only) and (known is None or again)

    def _judge_all(self, file: Path, keyed: Sequence[Keyed], *, alone: bool) -> None:
        """Judge those of a file that can be judged in one fork, or those that each need one."""
        source = self.sources[file]
        todo = [
            (key, mutant)
            for key, mutant in keyed
            if self._is_wanted(_name(file), key)
            and alone != (mutant.in_function and fits(source, mutant.source))
        ]
        while todo and time.monotonic() < self.until:
            batch = todo[:1] if alone else todo
            del todo[: self._judge(file, batch, alone=alone)]

    def _judge(self, file: Path, some: Sequence[Keyed], *, alone: bool) -> int:
        """Judge mutants of a file in one fork; return how many, which may be fewer than all."""
        name, judged = _name(file), 0
        sources = [mutant.source for _, mutant in some]
        self.fork.file, self.fork.source = str(file), sources[0] if alone else ""
        self.fork.switch = None if alone else Switch(str(file), [self.sources[file], *sources])
        try:
            for key, killer in in_fork(lambda: self._verdicts(name, some)):
                self._note(name, key, killer)
                judged += 1
        except TimeoutError:
            self._note(name, some[judged][0], "hung")
            judged += 1
        return judged

    def _note(self, name: str, key: str, killer: str) -> None:
        self.killers[name][key] = killer
        sys.stderr.write(f"{name} {key}  {killer or 'LIVES'}\n")
        _write(KILLERS, {"sources": self.hashes, "killers": self.killers})

    def _verdicts(self, name: str, some: Sequence[Keyed]) -> Iterator[tuple[str, str]]:
        for number, (key, mutant) in enumerate(some, 1):
            if time.monotonic() > self.until:
                return
            tests = order(mutant, name, self.ran, self.killers[name].values(), self.chosen.most)
            self._switch(number)
            killer = next(filter(self._run, tests), "")
            self._switch(0)
            left_something = bool(killer) and self._run(killer)
            if left_something and number > 1:
                return
            self.killers[name][key] = killer
            yield key, killer
            if left_something:
                return

    def _switch(self, number: int) -> None:
        if self.fork.switch is not None:
            self.fork.switch.put(number)

    def tell(self) -> int:
        """Print the score by module and who lives; the exit status."""
        rows, living = ["| module | mutants | killed |", "|---|--:|--:|"], list[str]()
        everyone = judged = killed = 0
        for file, keyed in self.mutants.items():
            known = self.killers[_name(file)]
            count, dead = len(keyed), sum(map(bool, known.values()))
            everyone, judged, killed = everyone + count, judged + len(known), killed + dead
            rows.append(f"| `{_name(file)}` | {count} | {dead} |")
            living += [f"{_name(file)} {key}" for key, killer in known.items() if not killer]
        rows.append(f"| all | {everyone} | {killed} |")
        sys.stdout.write("\n".join([*rows, "", *living, ""]))
        sys.stdout.write(f"{judged} of {everyone} judged, {killed} killed\n")
        return 0 if judged == everyone and killed >= LEAST_KILLED * everyone else 1


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def _write(file: Path, what: object) -> None:
    file.parent.mkdir(exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(what), "utf-8")
    new.replace(file)


def _name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def begin_with_an_installation(home: Path) -> None:
    """Let every service of a test begin with a copy of one that is made here, with an admin."""
    made, usual = Service(home), Service.start
    with made:
        add_person(made)

    def start(service: Service) -> Service:
        if service.database_url is None and not service.data_dir.exists():
            shutil.copytree(made.data_dir, service.data_dir)
            service.admin = made.admin
        return usual(service)

    setattr(Service, "start", start)  # noqa: B010 - returns what it was given, not Self


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m mutation.run", description=__doc__)
    parser.add_argument("--only", default="", help="modules whose name starts so")
    parser.add_argument("--living", action="store_true", help="try those again that lived")
    parser.add_argument("--minutes", type=float, default=60, help="stop then (%(default)s)")
    parser.add_argument(
        "--most", type=float, default=60, help="seconds of tests for a mutant (%(default)s)"
    )
    return parser.parse_args()


def main() -> int:
    """Judge the mutants."""
    judge = Judge(options())
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        where = [f"--basetemp={folder}/tests", f"--timeout={TEST_HANG}", "--database=sqlite"]
        os.chdir(ROOT)
        status = pytest.main([*OPTIONS, *where, f"--ignore={WITHOUT}", *TESTS], plugins=[judge])
    return judge.tell() if status == pytest.ExitCode.OK else int(status)


if __name__ == "__main__":
    sys.exit(main())
