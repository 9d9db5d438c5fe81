"""Tokens a second by the three methods with a client secret, beside the ceilings: in a minute.

    python -m bench.tokens

The first bars that were set, of SQLite with one worker at 16 connections; `bench.suite` measures
all else, and has the later and higher ones. The figures go to build/tokens/. Exits 1 when a bar is
missed.
"""

import statistics
import sys

from bench import report, results, suite
from bench.bars import Bar, no_errors
from bench.measuring import Plan
from bench.results import FOLDER, Results
from bench.stage import BASE

PLAN = Plan(seconds=1, rounds=4)
LEAST = {"client_secret_basic": 0.22, "client_secret_jwt": 0.14}  # of raw ASGI
METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
MOST_MB, MOST_SECONDS = 150, 1.5


def bars(found: Results) -> list[Bar]:
    """What was set."""
    measured = found.measured
    ratios = [
        Bar(f"{name} ÷ raw ASGI", measured[name].ratio or 0, least) for name, least in LEAST.items()
    ]
    memory = max(one.memory_mb or 0 for one in measured.values())
    start = statistics.median(found.starts)
    return [
        *ratios,
        Bar("memory of the worker, MB", memory, MOST_MB, most=True),
        Bar("exec to /healthz 200, s", start, MOST_SECONDS, most=True),
        no_errors([found]),
    ]


def main() -> int:
    """Measure and print."""
    folder = FOLDER.with_name("tokens")
    chosen = ["--setup", str(BASE), "--only", *METHODS, "--results", str(folder)]
    suite.run(suite.options(chosen), PLAN)
    (found,) = results.load_all(folder)
    reached = bars(found)
    print(report.text([found], reached))
    return 0 if all(bar.passed for bar in reached) else 1


if __name__ == "__main__":
    sys.exit(main())
