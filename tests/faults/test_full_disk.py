"""The disk under SQLite is full: what must be recorded is refused, everything else goes on.

The bar: reads and tokens by secret go on; an assertion is 503 rather than accepted unrecorded; a
revocation says 200 only when it is stored; all is well within 1 s of space coming back.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WITHOUT_THROTTLE
from tests.faults import LONG, figure, rounds
from tests.faults.full_disk import FullDisk
from tests.faults.load import ALL, Asker, Load, wrongs
from tests.people import Person, add_person
from tests.service import Service

SLACK = 0.5 if LONG else 5.0
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


@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", [1, 2])
def test_disk_full_under_load(disk: FullDisk, workers: int) -> None:
    with Service(disk.folder / "home", workers, WITHOUT_THROTTLE) as service:
        owner = add_person(service)
        refused, asked, healed, count = 0, 0, 0.0, rounds(2, 20)
        for _ in range(count):
            load = Load(service, owner, ALL)
            time.sleep(0.4)
            disk.fill(service)
            begun = time.monotonic()
            time.sleep(1)
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
