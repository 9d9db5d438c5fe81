"""Tokens a second on PostgreSQL beside SQLite, in alternating runs on the same cores.

    python -m bench.stores [--seconds 3] [--rounds 5] [--connections 16]

PostgreSQL is the tests' own (`tests/postgresql.py`), with fsync, and runs on whichever core is
free: the load's or the server's. Exits 0 when the bar is reached.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import load, machine, rounds, servers
from bench.workloads import WORKLOADS, Credential
from tests.postgresql import PostgreSQL

BAR = 0.7
PAIR = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Subject:
    """One server on its store."""

    server: servers.Server
    credential: Credential


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.stores")
    parser.add_argument("--seconds", type=int, default=3, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (%(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="(%(default)s)")
    return parser.parse_args()


def measure(chosen: argparse.Namespace, stack: ExitStack) -> dict[str, list[tuple[float, float]]]:
    """Run every workload on both in turn; per workload the pairs of rates."""
    cores = machine.share_out(1)
    sender = load.Load(load.choose(None), cores.load, chosen.connections)
    database = PostgreSQL(settings={"fsync": "on"}).create()
    stack.callback(database.close)
    urls = (None, database.new_database())
    subjects = [
        stack.enter_context(_subject(cores, url, name))
        for name, url in zip(PAIR, urls, strict=True)
    ]
    found: dict[str, list[tuple[float, float]]] = {workload.name: [] for workload in WORKLOADS}
    for number in range(chosen.rounds + 1):  # the first warms up
        for workload in WORKLOADS:
            sys.stderr.write(f"round {number}: {workload.name}\n")
            one, other = (
                rounds.timed(subject.server, subject.credential, workload, sender, chosen.seconds)
                for subject in subjects
            )
            if number:
                found[workload.name].append((one.rate, other.rate))
    return found


@contextmanager
def _subject(cores: machine.Cores, url: str | None, name: str) -> Generator[Subject]:
    folder = Path(tempfile.mkdtemp(prefix=f"tokenhouse-bench-{name}-"))
    site = servers.Site(cores, folder, url)
    try:
        with servers.tokenhouse(site, servers.free_port()) as server:
            yield Subject(server, servers.make_credential(site, server))
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Measure and print; the exit status says whether the bar was reached."""
    chosen = options()
    with machine.turn(), ExitStack() as stack:
        found = measure(chosen, stack)
    worst = 1.0
    print(f"{'':22}{'SQLite':>10}{'PostgreSQL':>12}{'ratio':>8}   (medians of pairs)")
    for name, pairs in found.items():
        ratio = statistics.median(other / one for one, other in pairs)
        rates = [statistics.median(pair[index] for pair in pairs) for index in (0, 1)]
        print(f"{name:22}{rates[0]:>9,.0f}/s{rates[1]:>10,.0f}/s{ratio:>8.2f}")
        worst = min(worst, ratio)
    print(f"bar: every ratio at least {BAR}: {'reached' if worst >= BAR else 'missed'}")
    return 0 if worst >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
