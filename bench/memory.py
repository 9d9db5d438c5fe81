"""Does a worker keep its size? Resident memory while it issues a million tokens.

    python -m bench.memory [--tokens 1000000] [--workload client_secret_basic]

The slope is that of the second half, by least squares: what a worker keeps for itself it has taken
by then. Exits 0 when both bars are reached.
"""

import argparse
import statistics
import sys

from bench import load, machine, report, told
from bench.bars import Bar
from bench.measuring import CONNECTIONS, timed
from bench.request import BenchError
from bench.stage import BASE, Stage, stage
from bench.workloads import WORKLOADS, Workload

MEMORY_MB, SLOPE_MB = 120.0, 2.0  # the slope for a million tokens
PIECE_SECONDS = 4


def options() -> argparse.Namespace:
    """The command line."""
    names = [workload.name for workload in WORKLOADS[:5]]
    parser = argparse.ArgumentParser(prog="python -m bench.memory")
    parser.add_argument("--tokens", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--workload", choices=names, default=names[0], help="(%(default)s)")
    return parser.parse_args()


def measure(one: Stage, workload: Workload, tokens: int) -> tuple[list[float], list[float]]:
    """Have so many issued; how many there were at each reading, and the megabytes."""
    sender = load.Load(load.choose(None), one.site.cores.load, CONNECTIONS)
    counts, sizes = [0.0], [machine.memory_mb(one.server.pid)["rss"]]
    while counts[-1] < tokens:
        run = timed(one, workload, sender, PIECE_SECONDS)
        if run.errors:
            raise BenchError(f"{run.errors} requests were refused")
        counts.append(counts[-1] + run.answers)
        sizes.append(machine.memory_mb(one.server.pid)["rss"])
        sys.stderr.write(f"{counts[-1]:>12,.0f} tokens {sizes[-1]:7.1f} MB\n")
    return counts, sizes


def main() -> int:
    """Measure and print; the exit status says whether the bars were reached."""
    chosen = options()
    workload = next(one for one in WORKLOADS if one.name == chosen.workload)
    with machine.turn(), stage(BASE, None) as one:
        counts, sizes = measure(one, workload, chosen.tokens)
    half = len(counts) // 2
    slope = statistics.linear_regression(counts[half:], sizes[half:]).slope * 1e6
    bars = [
        Bar("memory of the worker, MB", sizes[-1], MEMORY_MB, most=True),
        Bar("slope of the second half, MB for a million tokens", slope, SLOPE_MB, most=True),
    ]
    rows: told.Rows = [
        ("", "MB"),
        ("a worker that has issued nothing", f"{sizes[0]:.0f}"),
        (f"after {counts[-1]:,.0f} tokens", f"{sizes[-1]:.0f}"),
        ("more for each further million, by the slope of the second half", f"{slope:.1f}"),
    ]
    told.keep("memory", told.Told("python -m bench.memory", rows, bars))
    print(report.table(rows), *bars, sep="\n")
    return 0 if all(bar.passed for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
