"""Tokens a second by each method of client authentication, beside the ceilings of the same minute.

    python -m bench.tokens [--seconds 3] [--rounds 5] [--connections 16] [--json FILE]

Exits 0 when every bar is reached, 1 when one is missed or the figures would mean nothing.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from bench import load, machine, report, rounds, servers

STARTS = 5


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.tokens", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--seconds", type=int, default=3, help="length of each timed run (%(default)s)"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often all is measured in turn (%(default)s)"
    )
    parser.add_argument(
        "--connections",
        type=int,
        default=16,
        help="kept alive, one request under way on each (%(default)s)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        help="of the server, a core each (%(default)s; the bars are for 1)",
    )
    parser.add_argument(
        "--loader", choices=load.LOADERS, help="who sends (wrk where it is installed, else python)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures, unrounded")
    parser.add_argument(
        "--keep", action="store_true", help="keep the database and the logs, and say where they are"
    )
    chosen = parser.parse_args(arguments)
    if min(chosen.seconds, chosen.rounds, chosen.connections, chosen.workers) < 1:
        parser.error("nothing can be measured with less than 1")
    return chosen


def measure(chosen: argparse.Namespace, folder: Path) -> report.Results:
    """Start both servers on databases and ports of their own, and measure them in rounds.

    Raises BenchError when a server does not come up, a request is not answered as it should be, or
    a loader fails.
    """
    cores = machine.share_out(chosen.workers)
    site, sender = (
        servers.Site(cores, folder),
        load.Load(load.choose(chosen.loader), cores.load, chosen.connections),
    )
    port = servers.free_port()
    with servers.tokenhouse(site, port, chosen.workers) as server:
        credential = servers.make_credential(site, server)
    starts = [_start_seconds(site, port, chosen.workers) for _ in range(STARTS - 1)]
    with servers.tokenhouse(site, port, chosen.workers) as server:
        size = rounds.check(server, credential)
        with servers.raw_asgi(site, size, chosen.workers) as raw:
            subject = rounds.Subject(site, server, credential, raw)
            rounds.warm_up(subject, sender)
            found = [
                rounds.one_round(subject, sender, chosen.seconds, _teller(number))
                for number in range(1, chosen.rounds + 1)
            ]
        memory = machine.memory_mb(server.pid)
    return report.Results(
        _settings(chosen, site, sender), found, [*starts, server.start_seconds], memory, size
    )


def _start_seconds(site: servers.Site, port: int, workers: int) -> float:
    with servers.tokenhouse(site, port, workers) as server:
        return server.start_seconds


def _settings(chosen: argparse.Namespace, site: servers.Site, sender: load.Load) -> dict[str, str]:
    shared = "" if site.cores.apart else ", so the load takes its share from the server"
    store = f"SQLite on {machine.file_system(site.folder)}"
    return {
        **machine.describe(),
        "rounds": f"{chosen.rounds}, {chosen.seconds} s each run",
        "server": f"workers: {chosen.workers}, on core {_numbers(site.cores.server)}; {store}",
        "load": f"{sender.loader}, from core {_numbers(site.cores.load)}{shared}",
        "connections": str(sender.connections),
    }


def _numbers(cores: frozenset[int]) -> str:
    return ",".join(map(str, sorted(cores)))


def _teller(number: int) -> Callable[[str], None]:
    return lambda step: _tell(f"round {number}: {step}")


def _tell(what: str) -> None:
    """Say what is going on, on one line that is written over on a terminal."""
    sys.stderr.write(f"\r\x1b[K{what}" if sys.stderr.isatty() else f"{what}\n")
    sys.stderr.flush()


@contextmanager
def _folder(*, keep: bool) -> Generator[Path]:
    """A folder for the database and the logs, on the disk of the temporary files."""
    folder = Path(tempfile.mkdtemp(prefix="tokenhouse-bench-"))
    try:
        yield folder
    finally:
        if keep:
            _tell(f"kept: {folder}\n")
        else:
            shutil.rmtree(folder)


def _end(_number: int, _frame: object) -> None:
    """Leave by an exception, so that the servers are ended too."""
    sys.exit(1)


def main() -> int:
    """Measure, print the report, and say by the exit status whether every bar was reached."""
    chosen = options()
    signal.signal(signal.SIGTERM, _end)
    try:
        with machine.turn(), _folder(keep=chosen.keep) as folder:
            results = measure(chosen, folder)
    except servers.BenchError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    _tell("")
    sys.stdout.write(report.text(results) + "\n")
    if chosen.json:
        report.write_json(results, chosen.json)
    return 0 if all(bar.passed for bar in results.bars) else 1


if __name__ == "__main__":
    sys.exit(main())
