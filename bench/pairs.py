"""One setup beside another, in alternating runs: PostgreSQL beside SQLite, two workers beside one.

    python -m bench.pairs stores|workers [--seconds 3] [--rounds 5] [--connections 16]

PostgreSQL is the tests' own (`tests/postgresql.py`), with fsync, and runs on whichever core is
free: the load's or the server's. Where workers leave no core to the load, what it took is counted
out: the rate is what all cores would have given at the same pace. Shown are the least, the median
and the greatest of the pairs' ratios. Exits 0 when the median reaches the bar.

A connection stays with the worker that accepted it. How they fell on the workers is looked up
during each run: where one has most of them, the other has nothing to do for a part of the time, and
no arithmetic counts that out.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from bench import load, machine, report, told
from bench.bars import Bar
from bench.measuring import CONNECTIONS, timed
from bench.stage import BASE, POSTGRESQL, Setup, Stage, stage
from bench.workloads import WORKLOADS, Workload

SHOWN = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Against:
    """What stands beside the base, and how much of its `client_secret_basic` it has to reach."""

    other: Setup
    bar: float
    words: tuple[str, str]  # for the base, and for the other


@dataclass(frozen=True)
class Pair:
    """Answers a second of both in one round, and the connections of each worker of the other."""

    base: float
    other: float
    fell: tuple[int, ...]

    @property
    def ratio(self) -> float:
        """Of the other to the base."""
        return self.other / self.base


PAIRS = {
    "stores": Against(Setup(POSTGRESQL), 0.75, ("SQLite", "PostgreSQL")),
    "workers": Against(Setup(workers=2), 1.7, ("one worker", "two workers")),
}


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.pairs")
    parser.add_argument("pair", choices=PAIRS)
    parser.add_argument("--seconds", type=int, default=3, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (%(default)s)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="(%(default)s)")
    parser.add_argument("--only", nargs="+", choices=SHOWN, default=SHOWN, help="these workloads")
    return parser.parse_args()


def capacity(one: Stage, run: load.Run) -> float:
    """Answers a second, as if the load had taken nothing of the server's cores."""
    cores = one.site.cores
    if cores.apart:
        return run.rate
    return run.rate * len(cores.server) / (len(cores.server) - run.load_cpu)


@contextmanager
def falling(one: Stage) -> Generator[list[int]]:
    """How many connections each worker has, when most were seen in this time."""
    fell, over = list[int](), Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            now = machine.connections(one.server.pid, one.server.port)
            if sum(now) >= sum(fell):
                fell[:] = now

    looking = Thread(target=look)
    looking.start()
    try:
        yield fell
    finally:
        over.set()
        looking.join()


def rated(one: Stage, workload: Workload, chosen: argparse.Namespace) -> tuple[float, list[int]]:
    """Run it; answers a second, and how the connections fell."""
    sender = load.Load(load.choose(None), one.site.cores.load, chosen.connections)
    with falling(one) as fell:
        run = timed(one, workload, sender, chosen.seconds)
    if run.errors:
        raise SystemExit(f"{workload.name}: {run.errors} errors")
    return capacity(one, run), fell


def measure(chosen: argparse.Namespace, base: Stage, other: Stage) -> dict[str, list[Pair]]:
    """Run the workloads on both in turn; for each the pairs."""
    found: dict[str, list[Pair]] = {name: [] for name in chosen.only}
    for number in range(chosen.rounds + 1):  # the first warms up
        for workload in (one for one in WORKLOADS if one.name in found):
            sys.stderr.write(f"round {number}: {workload.name}\n")
            alone, _ = rated(base, workload, chosen)
            beside, fell = rated(other, workload, chosen)
            found[workload.name] += [Pair(alone, beside, tuple(fell))] if number else []
    return found


def table(found: dict[str, list[Pair]], words: tuple[str, str]) -> told.Rows:
    """Rates of both, and the spread of their ratios."""
    rows: told.Rows = [
        ("", *(f"{word}, /s" for word in words), "least ratio", "median", "greatest")
    ]
    for name, pairs in found.items():
        rates = [statistics.median(pair.base for pair in pairs)]
        rates.append(statistics.median(pair.other for pair in pairs))
        ratios = sorted(pair.ratio for pair in pairs)
        shown = (ratios[0], statistics.median(ratios), ratios[-1])
        rows.append((name, *(f"{rate:,.0f}" for rate in rates), *(f"{one:.2f}" for one in shown)))
    return rows


def by_fall(found: dict[str, list[Pair]]) -> told.Rows:
    """The median ratio of the pairs by how the connections fell, the even ones first."""
    ratios = defaultdict[tuple[int, ...], list[float]](list)
    for pair in (pair for pairs in found.values() for pair in pairs):
        ratios[pair.fell].append(pair.ratio)
    rows: told.Rows = [("connections of each worker", "pairs", "ratio")]
    for fell in sorted(ratios):
        median = statistics.median(ratios[fell])
        rows.append((" + ".join(map(str, fell)), f"{len(ratios[fell])}", f"{median:.2f}"))
    return rows


def main() -> int:
    """Measure and print; the exit status says whether the bar was reached."""
    chosen = options()
    against = PAIRS[chosen.pair]
    with machine.turn(), ExitStack() as stack:
        base, other = (stack.enter_context(stage(setup, None)) for setup in (BASE, against.other))
        found = measure(chosen, base, other)
    command = f"python -m bench.pairs {chosen.pair}"
    ratio = statistics.median(pair.ratio for pair in found[chosen.only[0]])
    bar = Bar(f"{chosen.only[0]}: {' ÷ '.join(reversed(against.words))}", ratio, against.bar)
    tables = {chosen.pair: told.Told(command, table(found, against.words), [bar])}
    if against.other.workers > 1:
        tables["fall"] = told.Told(command, by_fall(found))
    for name, one in tables.items():
        told.keep(name, one)
        print(report.table(one.rows), end="\n\n")
    print(bar)
    return 0 if bar.passed else 1


if __name__ == "__main__":
    sys.exit(main())
