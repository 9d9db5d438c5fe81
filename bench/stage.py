"""What is measured on: a store, so many workers, so many credentials; the ceiling beside it."""

import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import machine, seed, servers
from bench.ceilings import Place
from bench.credential import Credential
from bench.request import BenchError, ask
from bench.seed import SAMPLE
from bench.workloads import IN_USE, PAGE, WORKLOADS, Workload
from tests.postgresql import PostgreSQL

SQLITE, POSTGRESQL = "sqlite", "postgresql"
STORES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL"}
STARTS = 5
A_USER = 10  # credentials


@dataclass(frozen=True)
class Setup:
    """One of the combinations."""

    store: str = SQLITE
    workers: int = 1
    credentials: int = 1_000

    def __str__(self) -> str:
        """Name its file."""
        return f"{self.store}-{self.workers}-{self.credentials}"

    @property
    def order(self) -> tuple[int, int, int]:
        """Where it stands among others, the base first."""
        return self.credentials, self.workers, list(STORES).index(self.store)

    @property
    def text(self) -> str:
        """For people."""
        store = STORES[self.store]
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        return f"{store}, {workers}, {self.credentials:,} credentials"


BASE = Setup()


@dataclass(frozen=True)
class Subject:
    """A server that runs, and credentials to ask it with."""

    server: servers.Server
    credential: Credential


@dataclass(frozen=True)
class Stage(Subject):
    """One in its setup, with the raw ASGI beside it.

    Attributes:
        place: where the ceilings may have a database of their own.
        starts: seconds from exec to the first 200 of `/healthz`.

    """

    setup: Setup
    site: servers.Site
    raw: servers.Server
    place: Place
    starts: list[float]


@contextmanager
def stage(setup: Setup, kept: Path | None) -> Generator[Stage]:
    """Set it up, and take it down; what SQLite holds is kept in `kept` and used again.

    Raises BenchError when a server does not come up, or answers a request as it should not.
    """
    cores = machine.share_out(setup.workers)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tokenhouse-bench-")))
        place, url, pid = Place(folder), None, None
        if setup.store == POSTGRESQL:
            database = PostgreSQL(settings={"fsync": "on"}).create()
            stack.callback(database.close)
            place, url = Place(folder, database.new_database()), database.new_database()
            pid = database.pid
        elif kept:
            folder = kept / str(setup.credentials)
        site = servers.Site(cores, folder, url, pid)
        if not site.sample.exists():
            fill(site, setup.credentials, max(setup.credentials // A_USER, 1))
        port = servers.free_port()
        starts = [_start_seconds(site, port, setup.workers) for _ in range(STARTS)]
        server = stack.enter_context(servers.tokenhouse(site, port, setup.workers))
        credential = servers.make_credential(site, server)
        seed.add_to(credential.place, credential.owner_id, PAGE)
        size, *_ = [check(credential, workload) for workload in WORKLOADS]
        raw = stack.enter_context(servers.raw_asgi(site, size, setup.workers))
        yield Stage(server, credential, setup, site, raw, place, starts)


def fill(site: servers.Site, credentials: int, users: int) -> None:
    """Fill an installation; beside it what was printed of it, a sample, and a sample of few."""
    site.folder.mkdir(exist_ok=True, parents=True)
    count = ["--credentials", str(credentials), "--users", str(users)]
    where = [*site.options, "--sample", str(site.sample)]
    with (site.folder / "said").open("w", encoding="ascii") as said:
        command = [sys.executable, "-m", "bench.seed", *where, *count]
        subprocess.run(  # noqa: S603 - the command is ours
            command, stdout=said, cwd=servers.ROOT, check=True
        )
    lines = site.sample.read_text("ascii").splitlines()
    for name, some in (("sample", lines), ("few", lines[:IN_USE])):
        wanted = (some * (SAMPLE // len(some) + 1))[:SAMPLE]
        (site.folder / name).write_text("\n".join(wanted) + "\n", "ascii")


def check(credential: Credential, workload: Workload) -> int:
    """Make sure that a workload is answered, and a second time as it is to be.

    Returns the bytes of the answer. Raises BenchError when an answer is another.
    """
    request = workload.request(credential)
    line = "" if workload.once is None else next(workload.once(credential))
    (status, body), again = (ask(credential.port, request, line) for _ in range(2))
    good = status in {200, 201, 204} and workload.holds in body and again[0] == workload.again
    if not good:
        raise BenchError(f"{workload.name}: asked twice, it answered {(status, body)}, {again}")
    return len(body)


def _start_seconds(site: servers.Site, port: int, workers: int) -> float:
    with servers.tokenhouse(site, port, workers) as server:
        return server.start_seconds
