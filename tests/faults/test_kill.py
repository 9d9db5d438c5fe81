"""`kill -9` of the whole process group at random moments: what was acknowledged stays so.

The bar: 0 acknowledged writes lost, 0 deleted credentials back, 0 revoked tokens active, 0
assertions accepted twice, the database sound, serving again within 3 s.
"""

import random
import sqlite3
import time
from contextlib import closing

import pytest

from tests.conftest import StartService
from tests.faults import LONG, figure, rounds
from tests.faults.load import Book, Load, wrongs
from tests.people import add_person
from tests.service import Service

SERVING_SECONDS = 3 if LONG else 20  # the short form runs beside other tests


def unsound(service: Service) -> list[str]:
    """What the database itself finds wrong."""
    if service.database_url is not None:
        done = service.cli("db", "check")
        return [] if done.returncode == 0 else [done.stderr]
    with closing(sqlite3.connect(service.data_dir / "tokenhouse.db")) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        orphans = list(connection.execute("PRAGMA foreign_key_check"))
    return [*(line for line in found if line != "ok"), *map(str, orphans)]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_acknowledged_outlives_a_kill(start_service: StartService, workers: int) -> None:
    service = start_service(workers=workers)
    service.by_words = LONG  # how soon it serves again counts the loading too
    owner = add_person(service)
    all_of_it, found, longest, count = Book(), list[str](), 0.0, rounds(4, 50)
    for _ in range(count):
        load = Load(service, owner)
        time.sleep(random.uniform(0.1, 1.0))
        service.kill9()
        book = load.end()
        begun = time.monotonic()
        service.start()
        longest = max(longest, time.monotonic() - begun)
        found += unsound(service) + wrongs(service, book)
        all_of_it.add(book)
    database = "SQLite" if service.database_url is None else "PostgreSQL"
    figure(
        f"{count} kills of {workers} worker(s) on {database}, {all_of_it.writes:,} acknowledged "
        f"writes: {len(found)} broken; serving again within {longest:.1f} s"
    )
    assert found == []
    assert all_of_it.deleted
    assert all_of_it.revoked
    assert all_of_it.accepted
    assert longest <= SERVING_SECONDS
