"""Somebody who can write to the database tampers with the audit trail, and `audit verify` tells.

The first event that was altered, removed or put in is named. The trap: the newest events leave
no gap behind when they go.
"""

import re
import subprocess
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.engine import make_url

from tests.conftest import WITHOUT_THROTTLE, NewDatabase, StartService
from tests.people import CLIENTS, add_person
from tests.service import Service

EVENTS = 12


@contextmanager
def database(service: Service) -> Generator[Connection]:
    """A transaction on the database of a service, past the service."""
    if service.database_url is None:
        url = make_url(f"sqlite:///{service.data_dir / 'tokenhouse.db'}")
        more: dict[str, Any] = {"module": import_module("pysqlite3")}
    else:
        url, more = make_url(service.database_url).set(drivername="postgresql+psycopg"), {}
    with create_engine(url, poolclass=NullPool, **more).begin() as connection:
        yield connection


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[Service]:
    """A stopped service with some events in its trail."""
    home = tmp_path_factory.mktemp("audit")
    with Service(home, 1, WITHOUT_THROTTLE, new_database()) as service:
        someone = add_person(service)
        for _ in range(EVENTS):
            answer = httpx.post(service.url + CLIENTS, headers=someone.bearer, trust_env=False)
            assert answer.status_code == 201, answer.text
        service.stop()
        yield service


def verify(service: Service) -> subprocess.CompletedProcess[str]:
    """What `audit verify` says."""
    return service.cli("audit", "verify")


def test_an_untouched_trail_is_as_it_was_written(written: Service) -> None:
    done = verify(written)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ events", done.stdout)


COPY = (
    "INSERT INTO audit_events SELECT {seq}, at, actor, action, target, outcome, source, "
    "request_id, user_id, details, mac FROM audit_events WHERE seq = 3"
)
HEAD_BACK = (
    "UPDATE audit_head SET seq = {last} - 1, "
    "mac = (SELECT mac FROM audit_events WHERE seq = {last} - 1)"
)
TAMPERING = {
    "actor-altered": (["UPDATE audit_events SET actor = 'operator' WHERE seq = 4"], "event 4 "),
    "time-altered": (["UPDATE audit_events SET at = at + 1 WHERE seq = 4"], "event 4 "),
    "details-altered": (["UPDATE audit_events SET details = '{{ }}' WHERE seq = 4"], "event 4 "),
    "owner-altered": (["UPDATE audit_events SET user_id = NULL WHERE seq = 5"], "event 5 "),
    "mac-altered": (
        ["UPDATE audit_events SET mac = (SELECT mac FROM audit_head) WHERE seq = 4"],
        "event 4 ",
    ),
    "removed": (["DELETE FROM audit_events WHERE seq = 4"], "event 4 was removed"),
    "removed-and-closed-up": (
        [
            "DELETE FROM audit_events WHERE seq = 4",
            "UPDATE audit_events SET seq = -seq WHERE seq > 4",
            "UPDATE audit_events SET seq = -seq - 1 WHERE seq < 0",
            "UPDATE audit_head SET seq = seq - 1",
        ],
        "head",
    ),
    "oldest-removed": (["DELETE FROM audit_events WHERE seq = 1"], "event 1 was removed"),
    "oldest-cut-off": (
        ["DELETE FROM audit_events WHERE seq = 1", "UPDATE audit_head SET first_seq = 2"],
        "head",
    ),
    "newest-removed": (["DELETE FROM audit_events WHERE seq = {last}"], "event {last} was removed"),
    "newest-cut-off": (["DELETE FROM audit_events WHERE seq = {last}", HEAD_BACK], "head"),
    "all-removed": (["DELETE FROM audit_events"], "event 1 was removed"),
    "put-in-at-the-end": ([COPY.format(seq="{last} + 1")], "event {next} was put in"),
    "two-exchanged": (
        [
            "UPDATE audit_events SET seq = -1 WHERE seq = 4",
            "UPDATE audit_events SET seq = 4 WHERE seq = 5",
            "UPDATE audit_events SET seq = 5 WHERE seq = -1",
        ],
        "event 4 ",
    ),
}


@pytest.mark.parametrize(("statements", "told"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_told(statements: list[str], told: str, written: Service) -> None:
    kept = dump(written)
    last = len(kept["audit_events"])
    named = {"last": last, "next": last + 1}
    with database(written) as connection:
        for statement in statements:
            connection.execute(text(statement.format(**named)))
    try:
        done = verify(written)
        assert done.returncode == 1, done.stdout
        assert told.format(**named) in done.stderr
        assert done.stderr.count("\n") == 1
    finally:
        restore(written, kept)
    assert verify(written).returncode == 0


Rows = dict[str, list[dict[str, Any]]]


def dump(service: Service) -> Rows:
    """All that the trail holds."""
    with database(service) as connection:
        return {
            table: [dict(row) for row in connection.execute(text(select)).mappings()]
            for table, select in {
                "audit_events": "SELECT * FROM audit_events ORDER BY seq",
                "audit_head": "SELECT * FROM audit_head",
            }.items()
        }


def restore(service: Service, kept: Rows) -> None:
    """Put everything back."""
    with database(service) as connection:
        for table, rows in kept.items():
            _refill(connection, table, rows)


def _refill(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - a name from above
    names = ", ".join(rows[0])
    places = ", ".join(f":{name}" for name in rows[0])
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), rows)  # noqa: S608 - names from above too


def test_export_is_one_object_a_line_oldest_first(written: Service) -> None:
    lines = written.cli("audit", "export").stdout.splitlines()
    ids = [httpx.Response(200, content=line).json()["id"] for line in lines]
    assert ids == list(range(1, len(dump(written)["audit_events"]) + 1))


def test_many_at_once_on_two_workers_make_one_chain(start_service: StartService) -> None:
    service = start_service(workers=2)
    someone = add_person(service)

    def create(_: int) -> int:
        answer = httpx.post(
            service.url + CLIENTS, headers=someone.bearer, trust_env=False, timeout=30
        )
        return answer.status_code

    before = len(dump(service)["audit_events"])
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(80))) == {201}
    assert len(dump(service)["audit_events"]) == before + 80
    assert verify(service).returncode == 0, verify(service).stderr


def test_what_is_old_is_forgotten_and_the_rest_still_holds(start_service: StartService) -> None:
    service = start_service({"audit_retention_days": "1"})
    someone = add_person(service)
    service.stop()
    service.clock_ahead = 3 * 86400
    service.start()
    someone = add_person(service)
    assert service.cli("audit", "cut").returncode == 0
    left = dump(service)["audit_events"]
    assert [row["user_id"] for row in left if row["action"] == "user.created"] == [someone.id]
    assert left[-1]["action"] == "audit.cut"
    assert verify(service).returncode == 0, verify(service).stderr
