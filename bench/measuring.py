"""Measuring one workload: in rounds between its ceilings, on more connections, at half of its peak.

A ratio is a run against the mean of the raw ASGI runs just before and just after it, so that a core
which slows down slows both. A run that others took part in is measured again before it counts.
Trap: two runs that are not neighbours are not comparable, however long they are.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from bench import checks, machine
from bench.ceilings import CEILINGS, CHECKS, HASHES, rate
from bench.credential import write_lines
from bench.load import Load, Run
from bench.request import Request
from bench.stage import Stage, Subject
from bench.workloads import WORKLOADS, Workload

CONNECTIONS = 16  # of the bars
LEVELS = (1, 16, 64, 256)
CEILING_SECONDS = 0.4
MOST_RATE = 30_000  # answers a second that no server here gives
TRIES = 3  # of a run, while others take part in it
LEAST_PACED = 200  # requests at half of the peak
SDK_CHECK = "SDK check"
NAMES = (*(workload.name for workload in WORKLOADS), SDK_CHECK)
T = TypeVar("T")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How long and how often: seconds of a run, rounds, and what beside the rounds."""

    seconds: int
    rounds: int
    levels: tuple[int, ...] = ()
    paced_seconds: float = 0.0

    @property
    def steps(self) -> int:
        """How often `tell` is called for a workload."""
        return 2 * self.rounds + 1 + len(self.levels) + bool(self.paced_seconds)


@dataclass(frozen=True)
class Measured:
    """One workload in one setup.

    Attributes:
        runs: one a round, at CONNECTIONS.
        raw: raw ASGI answers a second; `raw[i]` and `raw[i + 1]` are the neighbours of `runs[i]`.
        ceiling: its name, and its rates beside each round.
        levels: other numbers of connections.
        paced: at half of the peak.
        memory_mb: of the largest worker, afterwards; None where no server took part.

    """

    name: str
    runs: list[Run]
    raw: list[float]
    ceiling: str
    ceilings: list[float]
    levels: dict[int, Run]
    paced: Run | None
    memory_mb: float | None

    @property
    def rate(self) -> float:
        """Answers a second at CONNECTIONS."""
        return statistics.median(run.rate for run in self.runs)

    @property
    def ratio(self) -> float | None:
        """To raw ASGI."""
        if not self.raw:
            return None
        beside = [statistics.mean(pair) for pair in itertools.pairwise(self.raw)]
        return statistics.median(run.rate / raw for run, raw in zip(self.runs, beside, strict=True))

    @property
    def ceiling_ratio(self) -> float | None:
        """To its own ceiling."""
        if not self.ceilings:
            return None
        both = zip(self.runs, self.ceilings, strict=True)
        return statistics.median(run.rate / ceiling for run, ceiling in both)

    @property
    def chief(self) -> tuple[str, float]:
        """The ratio that tells most, and to what: to the hash where that is nearly all of it."""
        of_ceiling, of_raw = self.ceiling_ratio, self.ratio
        if of_ceiling is not None and (of_raw is None or self.ceiling == HASHES):
            return f"{self.name} ÷ {self.ceiling}", of_ceiling
        return f"{self.name} ÷ raw ASGI", of_raw or 0.0

    @property
    def by_connections(self) -> dict[int, float]:
        """Answers a second by the number of connections."""
        found = {count: run.rate for count, run in self.levels.items()} | {CONNECTIONS: self.rate}
        return dict(sorted(found.items()))

    @property
    def all_runs(self) -> list[Run]:
        """Every run of it."""
        return [*self.runs, *self.levels.values(), *([self.paced] if self.paced else [])]

    @property
    def errors(self) -> int:
        """Of every run."""
        return sum(run.errors for run in self.all_runs)


def measure_all(
    stage: Stage, names: list[str], plan: Plan, tell: Tell, loader: str
) -> list[Measured]:
    """Measure the workloads of these names."""
    sender = Load(loader, stage.site.cores.load, CONNECTIONS)
    found = [
        measure(stage, workload, sender, plan, tell)
        for workload in WORKLOADS
        if workload.name in names
    ]
    return [*found, sdk_check(stage, plan, tell)] if SDK_CHECK in names else found


def measure(stage: Stage, workload: Workload, load: Load, plan: Plan, tell: Tell) -> Measured:
    """Measure a workload; `tell` is given the name of each step as it begins.

    Raises BenchError when a loader fails or a line is sent twice.
    """
    fixed = WORKLOADS[0].request(stage.credential)

    def raw_rate() -> float:
        tell("raw ASGI")
        return undisturbed(lambda: load.run(stage.raw, fixed, plan.seconds)).rate

    raw, runs, ceilings = [raw_rate()], list[Run](), list[float]()
    for number in range(1, plan.rounds + 1):
        tell(f"{workload.name}, round {number}")
        runs.append(timed(stage, workload, load, plan.seconds, raw[-1]))
        ceilings += [_ceiling(stage, workload.ceiling)] if workload.ceiling else []
        raw.append(raw_rate())
    levels = dict[int, Run]()
    for count in plan.levels:
        tell(f"{workload.name}, {count} connections")
        if count <= workload.most:
            levels[count] = timed(
                stage, workload, replace(load, connections=count), plan.seconds, raw[-1]
            )
    paced = None
    if plan.paced_seconds:
        tell(f"{workload.name}, at half of its peak")
        paced = at_half(stage, workload, load, plan, max(run.rate for run in runs))
    memory = machine.memory_mb(stage.server.pid)["rss"]
    return Measured(workload.name, runs, raw, workload.ceiling, ceilings, levels, paced, memory)


def at_half(stage: Stage, workload: Workload, load: Load, plan: Plan, peak: float) -> Run:
    """Run it at half of its peak: the run of the median p99.

    One run says little where a disk that others use too may stand still for a moment.
    """
    seconds = max(plan.paced_seconds, LEAST_PACED / (peak / 2))
    runs = [
        undisturbed(lambda: at_rate(stage, workload, load, seconds, peak / 2))
        for _ in range(plan.rounds)
    ]
    runs.sort(key=lambda run: run.p99_ms)
    return replace(runs[len(runs) // 2], errors=sum(run.errors for run in runs))


def timed(
    subject: Subject, workload: Workload, load: Load, seconds: int, raw: float = MOST_RATE
) -> Run:
    """Run a workload alone, with as many fresh lines as can be asked for."""
    return undisturbed(lambda: once(subject, workload, load, seconds, raw))


def once(
    subject: Subject, workload: Workload, load: Load, seconds: int, raw: float = MOST_RATE
) -> Run:
    """Run it once, whoever else is at work."""
    with ready(subject, workload, round(raw * workload.share * seconds)) as request:
        return load.run(subject.server, request, seconds)


def at_rate(subject: Subject, workload: Workload, load: Load, seconds: float, rate: float) -> Run:
    """Run it at a rate of its own."""
    with ready(subject, workload, round(rate * seconds * 1.2)) as request:
        return load.run(subject.server, request, seconds, rate)


def undisturbed(run: Callable[[], Run]) -> Run:
    """Run when the machine is quiet, again where others took part; the least disturbed counts.

    Which one it is says nothing of how fast it was; errors of all of them are kept.
    """
    runs = list[Run]()
    while not runs or (runs[-1].other_cpu > machine.QUIET and len(runs) < TRIES):
        machine.settle()
        runs.append(run())
    best = min(runs, key=lambda one: one.other_cpu)
    return replace(best, errors=sum(one.errors for one in runs))


@contextmanager
def ready(subject: Subject, workload: Workload, at_most: int) -> Generator[Request]:
    """The workload's request, with fresh lines if it needs them, so many at the most."""
    request = workload.request(subject.credential)
    if workload.once is None:
        yield request
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fresh")
        write_lines(workload.once(subject.credential), at_most + 1000, path)
        yield replace(request, fresh=path)


def sdk_check(stage: Stage, plan: Plan, tell: Tell) -> Measured:
    """Measure what checking a token costs an API, on the server's core."""
    runs, ceilings, check = list[Run](), list[float](), checks.by_sdk(checks.sample())
    for number in range(1, plan.rounds + 1):
        tell(f"{SDK_CHECK}, round {number}")
        runs.append(_alone(stage, lambda: _checked(check, plan.seconds)))
        ceilings.append(_ceiling(stage, CHECKS))
    return Measured(SDK_CHECK, runs, [], CHECKS, ceilings, {}, None, None)


def _checked(check: Callable[[], object], seconds: float) -> Run:
    took, begun = list[float](), time.perf_counter()
    while time.perf_counter() < begun + seconds:
        at = time.perf_counter()
        check()
        took.append(time.perf_counter() - at)
    took.sort()
    p50, p99, p999 = (took[len(took) * part // 1000] * 1e3 for part in (500, 990, 999))
    cost = statistics.mean(took)
    return Run(1 / cost, len(took), 0.0, p50, p99, p999, 0, cost * 1e6, 1.0, 0.0, 0.0)


def _ceiling(stage: Stage, name: str) -> float:
    """A ceiling's rate, its files on the disk that holds the database."""
    ceiling = next(one for one in CEILINGS if one.name == name)
    task = ceiling.prepare(stage.place)
    return _alone(stage, lambda: rate(task, CEILING_SECONDS))


def _alone(stage: Stage, work: Callable[[], T]) -> T:
    """Do it on the server's core; again while others take part, as `undisturbed` does."""
    found = list[tuple[float, T]]()
    while not found or (found[-1][0] > machine.QUIET and len(found) < TRIES):
        machine.settle()
        with machine.on_cores(stage.site.cores.server):
            begun, before = time.monotonic(), _of_others(stage)
            done = work()
            others = (_of_others(stage) - before) / (time.monotonic() - begun)
        found.append((others, done))
    return min(found, key=itemgetter(0))[1]


def _of_others(stage: Stage) -> float:
    """Processor time so far of all but this process and its database."""
    database = stage.site.database_pid
    ours = time.process_time() + (machine.cpu_seconds(database) if database else 0.0)
    return machine.busy_seconds() - ours
