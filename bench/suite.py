"""Every workload on every setup, beside the ceilings of the same minute: `make bench`.

    python -m bench.suite [--quick] [--setup sqlite-1-1000 ...] [--only client_secret_basic ...]

The raw figures go to build/bench/, one JSON file a setup, with the plots beside them; tables are
printed. Exits 0 when every bar is reached, 1 when one is missed or the figures would mean nothing.
"""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench import load, machine, plots, report, results
from bench.bars import bars, no_errors
from bench.measuring import CONNECTIONS, LEVELS, NAMES, SDK_CHECK, Plan, measure_all
from bench.request import BenchError
from bench.stage import BASE, POSTGRESQL, SQLITE, Setup, Stage, stage

MILLION = 1_000_000
SETUPS = (
    BASE,
    Setup(SQLITE, workers=2),
    Setup(POSTGRESQL),
    Setup(POSTGRESQL, workers=2),
    Setup(SQLITE, credentials=MILLION),
    Setup(POSTGRESQL, credentials=MILLION),
)
BEYOND = tuple(count for count in LEVELS if count != CONNECTIONS)
FULL = Plan(seconds=2, rounds=3, levels=BEYOND, paced_seconds=4)
QUICK = Plan(seconds=1, rounds=1, levels=BEYOND, paced_seconds=2)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.suite", description=(__doc__ or "").partition("\n")[0]
    )
    names = [str(setup) for setup in SETUPS]
    quick = f"{BASE} alone, a second a run, one round: three minutes"
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--setup", nargs="+", choices=names, help="store-workers-credentials")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these workloads")
    parser.add_argument("--loader", choices=load.LOADERS, help="wrk where it is installed")
    parser.add_argument("--results", type=Path, default=results.FOLDER, metavar="FOLDER")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="keep SQLite's setups there")
    chosen = parser.parse_args(arguments)
    chosen.setup = chosen.setup or ([str(BASE)] if chosen.quick else names)
    return chosen


def settings(one: Stage, plan: Plan, loader: str) -> dict[str, str]:
    """What it was measured on, and how."""
    cores = one.site.cores
    shared = "" if cores.apart else ", so the load takes its share from the server"
    return {
        **machine.describe(),
        "file system": machine.file_system(one.site.folder),
        "runs": f"{plan.rounds} rounds, {plan.seconds} s each run, {CONNECTIONS} connections",
        "server": f"core {_numbers(cores.server)}",
        "load": f"{loader}, core {_numbers(cores.load)}{shared}",
    }


def _numbers(cores: frozenset[int]) -> str:
    return ",".join(map(str, sorted(cores)))


def run(chosen: argparse.Namespace, plan: Plan) -> None:
    """Measure the setups that were chosen, and keep the figures of each; a bar shows how far it is.

    Leaves by SystemExit, with the reason, where the figures would mean nothing.
    """
    signal.signal(signal.SIGTERM, _end)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    try:
        with (
            machine.turn(),
            Progress(*columns, TextColumn("{task.description}"), console=console) as progress,
        ):
            _measure(chosen, plan, progress)
    except BenchError as error:
        sys.exit(f"\n{error}")


def _measure(chosen: argparse.Namespace, plan: Plan, progress: Progress) -> None:
    loader = load.choose(chosen.loader)
    wanted = [setup for setup in SETUPS if str(setup) in chosen.setup]
    steps = sum(plan.rounds if name == SDK_CHECK else plan.steps for name in chosen.only)
    task = progress.add_task("", total=steps * len(wanted))
    for setup in wanted:
        progress.update(task, description=f"{setup}: set up")
        with stage(setup, chosen.kept) as one:

            def tell(step: str, setup: Setup = setup) -> None:
                progress.update(task, advance=1, description=f"{setup}: {step}")

            found = measure_all(one, chosen.only, plan, tell, loader)
            by_name = {measured.name: measured for measured in found}
            told = settings(one, plan, loader)
            kept = results.Results(setup, told, one.starts, by_name)
        results.save(kept, chosen.results)


def _end(_number: int, _frame: object) -> None:
    """Leave by an exception, so that the servers are ended too."""
    sys.exit(1)


def main() -> int:
    """Measure, print the report, and say by the exit status whether every bar was reached."""
    chosen = options()
    run(chosen, QUICK if chosen.quick else FULL)
    found = results.load_all(chosen.results)
    reached = [bar for one in found if one.setup == BASE for bar in bars(one)]
    reached.append(no_errors(found))
    print(report.text(found, reached))
    for path in plots.draw(found, chosen.results):
        print(path)
    return 0 if all(bar.passed for bar in reached) else 1


if __name__ == "__main__":
    sys.exit(main())
