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
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from bench import load, machine, servers
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
    if chosen.postgresql:
        database = PostgreSQL(settings={"fsync": "on"}).create()
        stack.callback(database.close)
        urls = [database.new_database(), database.new_database()]
    folder = chosen.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
    sizes = [(SMALL, SMALL // 10), (chosen.credentials, chosen.users)]
    both = [
        stack.enter_context(subject(servers.Site(cores, folder / str(count[0]), url), *count))
        for url, count in zip(urls, sizes, strict=True)
    ]
    found = [Found([], [], pages(one), starts(one), size(one)) for one in both]
    for number in range(chosen.rounds + 1):  # the first warms up
        for one, so_far in zip(both, found, strict=True):
            for request, runs in ((one.few, so_far.few), (one.all, so_far.all)):
                run = sender.run(one.server, request, chosen.seconds)
                if run.errors:
                    raise BenchError(f"{run.errors} requests were refused")
                if number:
                    runs.append(run)
    return found


def told(what: str, small: Sequence[load.Run], large: Sequence[load.Run]) -> float:
    """Print the rates of both; the ratio, by processor time, which others disturb least."""
    ratio = statistics.median(a.cpu_us / b.cpu_us for a, b in zip(small, large, strict=True))
    rates = [statistics.median(run.rate for run in runs) for runs in (small, large)]
    cpu = [statistics.median(run.cpu_us for run in runs) for runs in (small, large)]
    print(
        f"{what}: {rates[0]:,.0f} and {rates[1]:,.0f} tokens/s, {cpu[0]:.0f} and {cpu[1]:.0f} us "
        f"of a core each; ratio of these {ratio:.2f} (median of pairs)"
    )
    return ratio


def main() -> int:
    """Measure and print; the exit status says whether every bar was reached."""
    chosen = options()
    with machine.turn(), ExitStack() as stack:
        small, large = measure(chosen, stack)
    print(f"{'credentials':>12}{'page ms':>15}{'start s':>9}{'MB':>7}")
    for count, one in ((SMALL, small), (chosen.credentials, large)):
        page = f"{statistics.median(one.pages_ms):.1f} .. {one.slow_page_ms:.1f}"
        print(f"{count:>12,}{page:>15}{statistics.median(one.starts):>9.2f}{one.size / 1e6:>7,.0f}")
    print(f"pages of {PAGE}: the median and the 95th percentile of {len(large.pages_ms)}")
    ratio = told(f"{SMALL:,} credentials in use", small.few, large.few)
    told(f"{SMALL:,} and all {chosen.credentials:,} in use", small.all, large.all)
    reached = (
        ratio >= RATE_BAR
        and large.slow_page_ms < PAGE_BAR
        and statistics.median(large.starts) < START_BAR
    )
    print("every bar reached" if reached else "a bar is missed")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
