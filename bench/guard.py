"""Has it become slower? The ratios to the ceilings beside those that are committed.

    python -m bench.guard [--write] [--only client_secret_basic ...]

Run by hand before a release, on a machine that does nothing else: five minutes. Ratios, since the
machine that is at hand is another each time. What is a tenth lower than in bench/baseline.json is
measured a second time, and fails when it is so again. `--write` makes what is measured the new
baseline: for a change that is meant, with its reason in the commit. Exits 1 when a ratio fails.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.progress import Progress

from bench import load, machine, report
from bench.measuring import NAMES, Plan, measure_all
from bench.request import BenchError
from bench.stage import BASE, stage

BASELINE = Path(__file__).with_name("baseline.json")
MOST = 0.10  # that a ratio may lose
PLAN = Plan(seconds=1, rounds=5)


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.guard")
    parser.add_argument("--write", action="store_true", help="make this the baseline")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these workloads")
    parser.add_argument("--loader", choices=load.LOADERS, help="wrk where it is installed")
    return parser.parse_args()


def measured(chosen: argparse.Namespace, before: dict[str, float]) -> dict[str, float]:
    """Measure the ratios; what looks slower a second time, and then the better one counts.

    Raises BenchError when a request was refused.
    """
    with machine.turn(), stage(BASE, None) as one, Progress() as progress:
        task = progress.add_task("", total=PLAN.steps * len(chosen.only))

        def tell(step: str) -> None:
            progress.update(task, advance=1, description=step)

        def ratios(names: list[str]) -> dict[str, dict[str, float]]:
            found = measure_all(one, names, PLAN, tell, load.choose(chosen.loader))
            if errors := [each.name for each in found if each.errors]:
                raise BenchError(f"requests were refused: {', '.join(errors)}")
            return {each.name: dict([each.chief]) for each in found}

        found = ratios(chosen.only)
        doubtful = [name for name, ratio in found.items() if slower(before, ratio)]
        progress.update(task, total=PLAN.steps * (len(chosen.only) + len(doubtful)))
        again = ratios(doubtful)
    return {
        what: max(ratio, again.get(name, {}).get(what, 0.0))
        for name, ratios_ in found.items()
        for what, ratio in ratios_.items()
    }


def slower(before: dict[str, float], now: dict[str, float]) -> list[str]:
    """The ratios that have lost too much."""
    return [what for what, ratio in now.items() if change(before, what, ratio) < -MOST]


def change(before: dict[str, float], what: str, ratio: float) -> float:
    """What a ratio has gained, as a part of the baseline; nothing where that has none."""
    return ratio / before.get(what, ratio) - 1


def table(before: dict[str, float], now: dict[str, float]) -> list[tuple[str, ...]]:
    """What every ratio is and was."""
    rows: list[tuple[str, ...]] = [("workload ÷ ceiling", "now", "baseline", "change", "")]
    for what, ratio in now.items():
        gained = change(before, what, ratio)
        word = "" if what in before else "new"
        if gained < -MOST:
            word = f"SLOWER by more than {MOST:.0%}, twice"
        elif gained > MOST:
            word = "faster: python -m bench.guard --write"
        was = f"{before[what]:.4f}" if what in before else ""
        rows.append((what, f"{ratio:.4f}", was, f"{gained:+.1%}", word))
    return rows


def write(before: dict[str, float], now: dict[str, float]) -> None:
    """Make this the baseline."""
    kept = {"machine": machine.describe(), "ratios": before | now}
    BASELINE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def main() -> int:
    """Measure, and compare or write; the exit status says whether all holds."""
    chosen = options()
    before: dict[str, float] = {}
    if BASELINE.exists():
        before = json.loads(BASELINE.read_text("utf-8"))["ratios"]
    try:
        now = measured(chosen, {} if chosen.write else before)
    except BenchError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    print(report.table(table(before, now)))
    if chosen.write:
        write(before, now)
        return 0
    return 1 if slower(before, now) else 0


if __name__ == "__main__":
    sys.exit(main())
