"""Others at the same SQLite file: a lock held, a long reader, four workers that write.

The bar: "database is locked" reaches no client within 5 s, and the WAL stays small.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.process import at_once
from tests.conftest import WITHOUT_THROTTLE
from tests.faults import LONG, figure, rounds
from tests.faults.load import ALL, WRITES, Book, Load, wrongs
from tests.people import Person, add_person
from tests.service import Service

GOOD = {200, 201, 204}
PATIENCE = 5.0
MOST_WAL = 8 * 2**20
Place = tuple[Service, Person]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A service with four workers, and a user."""
    with Service(tmp_path_factory.mktemp("locks"), 4, WITHOUT_THROTTLE) as service:
        yield service, add_person(service)


def other(service: Service) -> closing[sqlite3.Connection]:
    """Another process's connection to the database."""
    path = service.data_dir / "tokenhouse.db"
    return closing(sqlite3.connect(path, isolation_level=None))


def wal(service: Service) -> int:
    """The size of the WAL, octets."""
    return (service.data_dir / "tokenhouse.db-wal").stat().st_size


def told(what: str, service: Service, book: Book) -> None:
    """Print the figure, and hold the service to what it acknowledged."""
    refused = sum(each.status not in GOOD for each in book.seen)
    slowest = max(each.seconds for each in book.seen)
    figure(
        f"{what}: {refused} of {len(book.seen):,} answers not good, the slowest after "
        f"{slowest:.2f} s; WAL {wal(service) / 2**20:.1f} MiB"
    )
    assert wrongs(service, book) == []


def test_four_workers_that_write(place: Place) -> None:
    service, owner = place
    book = Load(service, owner, WRITES, threads=8).run(rounds(2, 60))
    told("four workers write", service, book)
    assert {each.status for each in book.seen} <= GOOD
    assert wal(service) < MOST_WAL


def test_lock_held_for_a_while_is_waited_for(place: Place) -> None:
    service, owner = place
    load = Load(service, owner, ALL)
    with other(service) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(rounds(2, 4))
        connection.execute("ROLLBACK")
    book = load.run(0.3)
    told("write lock held", service, book)
    assert {each.status for each in book.seen} <= GOOD


@pytest.mark.skipif(not LONG, reason="waits for longer than the service does")
def test_lock_held_for_long_is_503_after_five_seconds(place: Place) -> None:
    service, owner = place
    load = Load(service, owner, ALL)
    with other(service) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(12)
        connection.execute("ROLLBACK")
    book = load.run(1)
    told("write lock held for 12 s", service, book)
    refused = [each for each in book.seen if each.status not in GOOD]
    assert {each.status for each in refused} == {503}
    assert min(each.seconds for each in refused) > PATIENCE - 0.5
    assert all(each.retry_after for each in refused)


def test_long_reader_stops_nobody_and_the_wal_shrinks_again(place: Place) -> None:
    service, owner = place
    load = Load(service, owner, WRITES, threads=4)
    with other(service) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM clients").fetchone()
        time.sleep(rounds(2, 60))
        grown = wal(service)
        connection.execute("ROLLBACK")
    book = load.run(rounds(1, 10))
    told(f"a long reader, with a WAL of {grown / 2**20:.1f} MiB meanwhile", service, book)
    assert {each.status for each in book.seen} <= GOOD
    assert wal(service) < MOST_WAL


@pytest.mark.parametrize(
    ("seconds", "status", "said"),
    [(1, 0, "There is no user yet."), (30, 1, "the database cannot be used: database is locked\n")],
)
def test_new_file_that_another_writes_to_is_waited_for_and_never_called_corrupt(
    tmp_path: Path, seconds: int, status: int, said: str
) -> None:
    service = Service(tmp_path)
    made = at_once(service, "db", "upgrade")
    assert made.stdout.startswith("made a new installation"), made
    with closing(
        sqlite3.connect(service.data_dir / "tokenhouse.db", check_same_thread=False)
    ) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # as one that was just made or restored
        connection.execute("BEGIN IMMEDIATE")
        end = threading.Timer(seconds, connection.rollback)
        end.start()
        found = service.cli("user", "list")
        end.cancel()
        end.join()
    assert (found.returncode, said in found.stdout + found.stderr) == (status, True), found
