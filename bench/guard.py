"""Has it become slower? The ratios to the ceilings beside those that are committed.

    python -m bench.guard [--write] [--only client_secret_basic ...]

Run by hand before a release, on a machine that does nothing else: three minutes. Ratios, since the
machine that is at hand is another each time; a ratio that is a tenth lower than in
bench/baseline.json fails. `--write` makes what is measured the new baseline: for a change that is
meant, with its reason in the commit. Exits 1 when a ratio fails.
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


def measured(chosen: argparse.Namespace) -> dict[str, float]:
    """Measure the ratios. Raises BenchError when a request was refused."""
    with machine.turn(), stage(BASE, None) as one, Progress() as progress:
        task = progress.add_task("", total=PLAN.steps * len(chosen.only))

        def tell(step: str) -> None:
            progress.update(task, advance=1, description=step)

        loader = load.choose(chosen.loader)
        found = measure_all(one, chosen.only, PLAN, tell, loader)
    if errors := [each.name for each in found if each.errors]:
        raise BenchError(f"requests were refused: {', '.join(errors)}")
    return dict(each.chief for each in found)


def compared(before: dict[str, float], now: dict[str, float]) -> tuple[str, bool]:
    """The table, and whether every ratio holds."""
    rows, good = [("ratio", "baseline", "now", "change", "")], True
    for name, figure in now.items():
        change = figure / before[name] - 1 if name in before else 0.0
        holds = change >= -MOST
        word = "" if name in before else "new"
        if not holds:
            word = f"SLOWER by more than {MOST:.0%}"
        elif change > MOST:
            word = "faster: python -m bench.guard --write"
        was = f"{before[name]:.3f}" if name in before else ""
        rows.append((name, was, f"{figure:.3f}", f"{change:+.1%}", word))
        good = good and holds
    return report.table(rows), good


def main() -> int:
    """Measure, and compare or write; the exit status says whether all holds."""
    chosen = options()
    before: dict[str, float] = {}
    if BASELINE.exists():
        before = json.loads(BASELINE.read_text("utf-8"))["ratios"]
    try:
        now = measured(chosen)
    except BenchError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    text, good = compared(before, now)
    print(text)
    if chosen.write:
        kept = {"machine": machine.describe(), "ratios": before | now}
        BASELINE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
        return 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
