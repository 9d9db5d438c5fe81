"""The disk under SQLite is full: what must be recorded is refused, everything else goes on.

The bar: reads and tokens by secret go on; an assertion is 503 rather than accepted unrecorded; a
revocation says 200 only when it is stored; all is well within 1 s of space coming back.
"""

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import WITHOUT_THROTTLE
from tests.faults import LONG, figure, rounds
from tests.faults.full_disk import FullDisk
from tests.faults.load import ALL, Asker, Load, wrongs
from tests.people import Person, add_person
from tests.service import Service

SLACK = 0.5 if LONG else 5.0
BALLAST = "tokenhouse.db-ballast"
READS = {"token", "list", "jwks", "metadata"}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FullDisk]:
    """A disk of this test's own."""
    with FullDisk(tmp_path / "disk") as disk:
        yield disk


def heal_seconds(service: Service, owner: Person) -> float:
    """How long it takes until a change and an assertion are accepted again."""
    asker, begun = Asker(service, owner), time.monotonic()
    while not asker.book.accepted:
        asker.create()
        asker.show_assertion()
        assert time.monotonic() - begun < 20, service.log[-2000:]
    asker.close()
    return time.monotonic() - begun


@contextmanager
def append_only(service: Service) -> Generator[None]:
    """While a reader holds what it sees, the WAL can only grow: each write needs room."""
    path = service.data_dir / "tokenhouse.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM users").fetchone()
        yield


@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", [1, 2])
def test_disk_full_under_load(disk: FullDisk, workers: int) -> None:
    with Service(disk.folder / "home", workers, WITHOUT_THROTTLE) as service:
        owner = add_person(service)
        refused, asked, healed, count = 0, 0, 0.0, rounds(2, 20)
        for _ in range(count):
            load = Load(service, owner, ALL)
            time.sleep(0.4)
            with append_only(service):
                disk.fill(service)
                begun = time.monotonic()
                time.sleep(0.5)
                if disk.is_mounted:  # a revocation has freed the ballast, and others have used it
                    disk.fill(service)
                time.sleep(0.5)
                end = time.monotonic()
                disk.make_space(service)
            healed = max(healed, heal_seconds(service, owner))
            book = load.end()
            full = [each for each in book.seen if begun < each.at - each.seconds and each.at < end]
            assert {each.status for each in full if each.what in READS} == {200}
            written = [each for each in full if each.what not in READS]
            assert {each.status for each in written} <= {200, 201, 204, 503}
            assert all(each.retry_after for each in written if each.status == 503)
            refused += sum(each.status == 503 for each in written)
            asked += len(written)
            assert wrongs(service, book) == []
        figure(
            f"disk full {count} times ({disk.way}), {workers} worker(s): {refused} of {asked} "
            f"writes refused with 503, all reads answered; well again after {healed:.2f} s"
        )
        assert refused
        assert healed < 1 + SLACK


def test_nothing_full_says_is_lost_at_the_next_start(disk: FullDisk) -> None:
    with Service(disk.folder / "home", settings=WITHOUT_THROTTLE) as service:
        owner = add_person(service)
        load = Load(service, owner, ALL)
        time.sleep(0.3)
        disk.fill(service)
        book = load.run(0.5)
        service.kill9()
        if disk.is_mounted:
            disk.make_space(service)
        service.start()
        assert wrongs(service, book) == []


def test_revocation_is_stored_though_the_disk_is_full(disk: FullDisk) -> None:
    if not disk.is_mounted:
        pytest.skip("a limit on file sizes is not lifted by freeing room")
    with Service(disk.folder / "home", settings=WITHOUT_THROTTLE) as service:
        asker, ballast = Asker(service, add_person(service)), service.data_dir / BALLAST
        asker.create()
        wait_until(ballast.exists)
        disk.fill(service)
        while asker.book.seen[-1].status != 503:
            asker.show_assertion()  # until what room the WAL has is used up
        asker.revoke()
        assert len(asker.book.revoked) == 1
        service.kill9()
        disk.make_space(service)
        service.start()
        assert wrongs(service, asker.book) == []
        wait_until(ballast.exists)
        asker.close()


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for what the background does; raises AssertionError."""
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)
