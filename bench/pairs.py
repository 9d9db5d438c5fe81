"""One setup beside another, in alternating runs: PostgreSQL beside SQLite, two workers beside one.

    python -m bench.pairs stores|workers [--seconds 3] [--rounds 5] [--connections 16]

PostgreSQL is the tests' own (`tests/postgresql.py`), with fsync, and runs on whichever core is
free: the load's or the server's. Where workers leave no core to the load, what it took is counted
out: the rate is what all cores would have given at the same pace. Exits 0 when the bar is reached.
"""

import argparse
import statistics
import sys
from contextlib import ExitStack
from dataclasses import dataclass

from bench import load, machine
from bench.measuring import CONNECTIONS, timed
from bench.stage import BASE, POSTGRESQL, Setup, Stage, stage
from bench.workloads import WORKLOADS

SHOWN = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")


@dataclass(frozen=True)
class Pair:
    """What stands beside the base, and how much of its `client_secret_basic` it has to reach."""

    other: Setup
    bar: float


PAIRS = {"stores": Pair(Setup(POSTGRESQL), 0.75), "workers": Pair(Setup(workers=2), 1.7)}


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.pairs")
    parser.add_argument("pair", choices=PAIRS)
    parser.add_argument("--seconds", type=int, default=3, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (%(default)s)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="(%(default)s)")
    return parser.parse_args()


def capacity(one: Stage, run: load.Run) -> float:
    """Answers a second, as if the load had taken nothing of the server's cores."""
    cores = one.site.cores
    if cores.apart:
        return run.rate
    return run.rate * len(cores.server) / (len(cores.server) - run.load_cpu)


def measure(chosen: argparse.Namespace, both: list[Stage]) -> dict[str, list[list[float]]]:
    """Run the workloads on both in turn; for each the pairs of rates."""
    sender = load.Load(load.choose(None), machine.share_out(1).load, chosen.connections)
    found: dict[str, list[list[float]]] = {name: [] for name in SHOWN}
    for number in range(chosen.rounds + 1):  # the first warms up
        for workload in (one for one in WORKLOADS if one.name in SHOWN):
            sys.stderr.write(f"round {number}: {workload.name}\n")
            pair = list[float]()
            for one in both:
                mine = load.Load(sender.loader, one.site.cores.load, sender.connections)
                run = timed(one, workload, mine, chosen.seconds)
                if run.errors:
                    raise SystemExit(f"{workload.name}: {run.errors} errors")
                pair.append(capacity(one, run))
            found[workload.name] += [pair] if number else []
    return found


def main() -> int:
    """Measure and print; the exit status says whether the bar was reached."""
    chosen = options()
    pair = PAIRS[chosen.pair]
    setups = (BASE, pair.other)
    with machine.turn(), ExitStack() as stack:
        both = [stack.enter_context(stage(setup, None)) for setup in setups]
        found = measure(chosen, both)
    print(f"{setups[0].text}; beside it {setups[1].text}: medians of pairs")
    ratios = dict[str, float]()
    for name, pairs in found.items():
        ratios[name] = statistics.median(other / one for one, other in pairs)
        rates = [statistics.median(pair[index] for pair in pairs) for index in (0, 1)]
        print(f"{name:22}{rates[0]:>9,.0f}/s{rates[1]:>10,.0f}/s{ratios[name]:>8.2f}")
    reached = ratios[SHOWN[0]] >= pair.bar
    word = "reached" if reached else "missed"
    print(f"bar: {SHOWN[0]} at least {pair.bar}: {word}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
