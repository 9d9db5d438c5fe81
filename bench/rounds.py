"""The rounds: every workload between two runs of the raw ASGI ceiling, then the bare ceilings.

A ratio is a run against the mean of the ceiling just before and just after it, so that a core which
slows down slows both. Trap: two runs that are not neighbours are not comparable, however long they
are.
"""

import statistics
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path

from bench.ceilings import CEILINGS, rate
from bench.load import Load, Run
from bench.machine import on_cores
from bench.request import Request, ask
from bench.servers import BenchError, Server, Site
from bench.workloads import WORKLOADS, Credential, Workload, write_lines

CEILING_SECONDS = 0.3
MOST_RATE = 30_000  # answers a second that no server here gives
WARM_UP_SECONDS = 1
LOADER_SECONDS = 1


@dataclass(frozen=True)
class Subject:
    """What is measured: the server, app credentials to ask it with, and the ceiling beside it."""

    site: Site
    server: Server
    credential: Credential
    raw: Server


@dataclass(frozen=True)
class Round:
    """One round; `raw[i]` and `raw[i + 1]` are the neighbours of the workload number i."""

    raw: list[Run]
    runs: dict[str, Run]
    loader_alone: Run
    ceilings: dict[str, float]

    def ratio(self, name: str) -> float:
        """The workload's rate divided by that of the raw ASGI answers beside it."""
        at = list(self.runs).index(name)
        return self.runs[name].rate / statistics.mean(run.rate for run in self.raw[at : at + 2])

    def of_what_checks_leave(self, name: str) -> float:
        """The workload's rate over what one ES256 check a token leaves of the secret's."""
        seconds = 1 / self.runs["client_secret_basic"].rate + 1 / self.ceilings["ES256 checks"]
        return self.runs[name].rate * seconds


def check(server: Server, credential: Credential) -> int:
    """Make sure that each workload is answered, and a second time too if it is to be.

    Returns the bytes of a token answer. Raises BenchError when an answer is another.
    """
    sizes = [_check(server, credential, workload) for workload in WORKLOADS]
    return sizes[0]


def warm_up(subject: Subject, load: Load) -> None:
    """Send each request for a second, not counted."""
    raw = load.run(subject.raw, WORKLOADS[0].request(subject.credential), WARM_UP_SECONDS).rate
    for workload in WORKLOADS:
        with _ready(subject.credential, workload, round(raw * WARM_UP_SECONDS)) as request:
            load.run(subject.server, request, WARM_UP_SECONDS)


def one_round(subject: Subject, load: Load, seconds: int, tell: Callable[[str], None]) -> Round:
    """Measure everything once; `tell` is given the name of each step as it begins."""
    fixed = WORKLOADS[0].request(subject.credential)
    tell("raw ASGI")
    raw, runs = [load.run(subject.raw, fixed, seconds)], dict[str, Run]()
    for workload in WORKLOADS:
        tell(workload.name)
        with _ready(subject.credential, workload, round(raw[-1].rate * seconds)) as request:
            runs[workload.name] = load.run(subject.server, request, seconds)
        tell("raw ASGI")
        raw.append(load.run(subject.raw, fixed, seconds))
    tell("the loader alone")
    once = next(workload for workload in WORKLOADS if workload.once)
    with _ready(subject.credential, once, round(raw[-1].rate * LOADER_SECONDS * 2)) as request:
        loader_alone = load.run(subject.raw, request, LOADER_SECONDS)
    tell("the ceilings of a core")
    return Round(raw, runs, loader_alone, ceilings(subject.site))


def ceilings(site: Site) -> dict[str, float]:
    """Each ceiling's rate on the server's core, its files on the disk that holds the database."""
    found = dict[str, float]()
    for ceiling in CEILINGS:
        with tempfile.TemporaryDirectory(dir=site.folder) as folder, on_cores(site.cores.server):
            found[ceiling.name] = rate(ceiling.prepare(Path(folder)), CEILING_SECONDS)
    return found


def timed(
    server: Server, credential: Credential, workload: Workload, load: Load, seconds: int
) -> Run:
    """Run one workload alone, with as many fresh lines as can be asked for."""
    with _ready(credential, workload, MOST_RATE * seconds) as request:
        return load.run(server, request, seconds)


@contextmanager
def _ready(credential: Credential, workload: Workload, at_most: int) -> Generator[Request]:
    """The workload's request, with fresh lines if it needs them, so many at the most."""
    request = workload.request(credential)
    if workload.once is None:
        yield request
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fresh")
        write_lines(workload.once(credential), at_most + 1000, path)
        yield replace(request, fresh=path)


def _check(server: Server, credential: Credential, workload: Workload) -> int:
    request, wanted = workload.request(credential), (HTTPStatus.OK, workload.again)
    line = "" if workload.once is None else next(workload.once(credential))
    got = [ask(server.port, request, line) for _ in wanted]
    if tuple(status for status, _ in got) != wanted:
        raise BenchError(f"{workload.name}: asked twice, it answered {got}, not {wanted}")
    return len(got[0][1])
