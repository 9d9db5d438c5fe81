"""A small installation beside a large one: token rate, pages of a list, start, size.

    python -m bench.growth [--credentials 1000000] [--users 100000] [--seconds 3] [--rounds 5]

Both are filled by `bench.seed` and measured in turn on the same core. In the large one as many
credentials are in use as the small one has, which is the comparison of the bar; and, in a run of
its own, all of them evenly, so that no page of the database stays warm. Exits 0 when every bar is
reached.
"""

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import psycopg

from bench import load, machine, report, servers, told
from bench.bars import Bar
from bench.measuring import undisturbed
from bench.request import BASIC, CLIENTS, TOKEN, BenchError, Request
from bench.seed import LARGEST
from bench.stage import fill
from bench.workloads import FORM
from tests.postgresql import PostgreSQL

SMALL = 1_000
PAGE = 100
STARTS = 5
RATE_BAR, PAGE_BAR, START_BAR = 0.9, 50.0, 2.0  # ratio, milliseconds, seconds


@dataclass(frozen=True)
class Subject:
    """One filled installation and its server."""

    site: servers.Site
    server: servers.Server
    few: Request
    all: Request
    password: str


@dataclass(frozen=True)
class Found:
    """What was measured of one."""

    few: list[load.Run]
    all: list[load.Run]
    pages_ms: list[float]
    starts: list[float]
    size: int

    @property
    def slow_page_ms(self) -> float:
        """The 95th percentile of the pages."""
        return sorted(self.pages_ms)[len(self.pages_ms) * 95 // 100]


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth")
    parser.add_argument("--credentials", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--users", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--seconds", type=int, default=3, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (%(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="(%(default)s)")
    parser.add_argument("--postgresql", action="store_true", help="rather than SQLite")
    parser.add_argument("--folder", type=Path, help="keep both here, and use them again (SQLite)")
    return parser.parse_args()


@contextmanager
def subject(site: servers.Site, credentials: int, users: int) -> Generator[Subject]:
    """Serve an installation that is filled already, or now."""
    if not (site.folder / "said").exists():
        fill(site, credentials, users)
    password = re.findall(r"password: (\S+)", (site.folder / "said").read_text("ascii"))[0]
    body = "grant_type=client_credentials&client_id="
    few, all_ = (
        Request(TOKEN, headers=FORM, body=body, fresh=site.folder / name)
        for name in ("few", "sample")
    )
    with servers.tokenhouse(site, servers.free_port()) as server:
        yield Subject(site, server, few, all_, password)


def pages(one: Subject) -> list[float]:
    """How long each page of the largest owner's list took, milliseconds."""
    took: list[float] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{one.server.port}", trust_env=False) as http:
        token = http.get(BASIC, auth=(LARGEST, one.password)).json()["access_token"]
        path = f"{CLIENTS}?limit={PAGE}"
        while path:
            begun = time.perf_counter()
            answer = http.get(path, headers={"Authorization": f"Bearer {token}"})
            took.append((time.perf_counter() - begun) * 1e3)
            path = answer.links.get("next", {}).get("url", "")
    return took


def starts(one: Subject) -> list[float]:
    """How long the start of another server on the same installation takes, seconds."""
    taken: list[float] = []
    for _ in range(STARTS):
        with servers.tokenhouse(one.site, servers.free_port()) as server:
            taken.append(server.start_seconds)
    return taken


def size(one: Subject) -> int:
    """The size of the database, octets."""
    if one.site.database_url is None:
        return (one.site.data / "tokenhouse.db").stat().st_size
    with psycopg.connect(one.site.database_url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def measure(chosen: argparse.Namespace, stack: ExitStack) -> list[Found]:
    """Measure both in turn: the small one, and the large one."""
    cores = machine.share_out(1)
    sender = load.Load(load.choose(None), cores.load, chosen.connections)
    urls: list[str | None] = [None, None]
    pid = None
    if chosen.postgresql:
        database = PostgreSQL(settings={"fsync": "on"}).create()
        stack.callback(database.close)
        urls[:] = [database.new_database(), database.new_database()]
        pid = database.pid
    folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
    sizes = [(SMALL, SMALL // 10), (chosen.credentials, chosen.users)]
    both = [
        stack.enter_context(subject(servers.Site(cores, folder / str(count[0]), url, pid), *count))
        for url, count in zip(urls, sizes, strict=True)
    ]
    found = [Found([], [], pages(one), starts(one), size(one)) for one in both]
    for number in range(chosen.rounds + 1):  # the first warms up
        for one, so_far in zip(both, found, strict=True):
            for request, runs in ((one.few, so_far.few), (one.all, so_far.all)):
                run = undisturbed(partial(sender.run, one.server, request, chosen.seconds))
                if run.errors:
                    raise BenchError(f"{run.errors} requests were refused")
                if number:
                    runs.append(run)
    return found


def ratio(small: Sequence[load.Run], large: Sequence[load.Run]) -> float:
    """The rate of the large one to the small one's, by processor time, which drifts least."""
    return statistics.median(a.cpu_us / b.cpu_us for a, b in zip(small, large, strict=True))


def table(both: tuple[Found, Found], credentials: int) -> told.Rows:
    """The small one, the large one."""

    def row(what: str, text: Callable[[Found], str], beside: str = "") -> tuple[str, ...]:
        return what, *(text(one) for one in both), beside

    def cpu(what: str, runs: Callable[[Found], list[load.Run]]) -> tuple[str, ...]:
        shown = f"{ratio(*(runs(one) for one in both)):.2f}"
        return row(what, lambda one: f"{_median(run.cpu_us for run in runs(one)):.0f}", shown)

    return [
        ("", f"{SMALL:,} credentials", f"{credentials:,}", "ratio of the rates"),
        cpu(f"a token, {SMALL:,} credentials in use, µs of a core", lambda one: one.few),
        cpu("the same, all credentials in use evenly, µs of a core", lambda one: one.all),
        row(f"a page of {PAGE}, median, ms", lambda one: f"{_median(one.pages_ms):.1f}"),
        row("the same, 95th percentile, ms", lambda one: f"{one.slow_page_ms:.1f}"),
        row("exec to /healthz 200, s", lambda one: f"{_median(one.starts):.2f}"),
        row("database, MB", lambda one: f"{one.size / 1e6:,.0f}"),
    ]


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def main() -> int:
    """Measure and print; the exit status says whether every bar was reached."""
    chosen = options()
    with machine.turn(), ExitStack() as stack:
        small, large = measure(chosen, stack)
    many = f"{chosen.credentials:,} credentials"
    bars = [
        Bar(f"{many} ÷ {SMALL:,}, tokens/s", ratio(small.few, large.few), RATE_BAR),
        Bar(f"{many}, a page, 95th percentile, ms", large.slow_page_ms, PAGE_BAR, most=True),
        Bar(f"{many}, exec to /healthz 200, s", _median(large.starts), START_BAR, most=True),
    ]
    found = told.Told("python -m bench.growth", table((small, large), chosen.credentials), bars)
    if not chosen.postgresql:
        told.keep("growth", found)
    print(report.table(found.rows), *bars, sep="\n")
    return 0 if all(bar.passed for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
