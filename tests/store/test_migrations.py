"""Migrations: what they make is what the program believes, whole or not at all."""

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests.conftest import NewDatabase
from tests.service import Service
from tests.store.rows import add_client, add_user
from tokenhouse.store import copying, installation, migrations
from tokenhouse.store.database import Connection, Database
from tokenhouse.store.migrations import State
from tokenhouse.store.schema import metadata

KILLED = Path(__file__).with_name("killed_upgrades.py")


def say_revision(database: Database, revision: str) -> None:
    """Let a database say that it is at a revision."""
    saying = text("UPDATE alembic_version SET version_num = :revision")
    database.write_now(lambda c: c.execute(saying, {"revision": revision}))


def nothing(*_: object) -> None:
    """Be told of progress, and say nothing."""


def test_migrations_make_what_the_tables_say(store: Database) -> None:
    def differences(connection: Connection) -> object:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert store.read_now(differences) == []


def test_every_table_is_copied(store: Database) -> None:
    assert store.read_now(migrations.tables) == {table.name for table in copying.TABLES}


@pytest.mark.parametrize(
    ("revision", "compatible_from", "state"),
    [
        (migrations.HEAD, migrations.COMPATIBLE_FROM, State.CURRENT),
        ("9999", migrations.HEAD, State.LATER),
        ("9999", "9998", State.NEW),
        ("0000", "0000", State.OLD),
    ],
)
def test_database_says_which_programs_may_use_it(
    empty: Database, revision: str, compatible_from: str, state: State
) -> None:
    assert empty.read_now(migrations.state) is State.NONE
    empty.alone_now(migrations.upgrade)
    empty.write_now(lambda c: installation.add(c, b"", compatible_from, 1.0))
    say_revision(empty, revision)
    assert empty.read_now(migrations.state) is state


def test_older_program_serves_a_later_database_that_allows_it(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    """Two versions serve one database during an upgrade; a third, too old, is refused."""
    with Service(tmp_path, database_url=new_database()) as service:
        service.stop()
        database = Database(service.database_url or f"sqlite:///{service.data_dir}/tokenhouse.db")
        say_revision(database, "9999")
        service.start()
        assert service.cli("db", "check").returncode == 0
        service.stop()
        database.write_now(lambda c: installation.set_compatible_from(c, "9999"))
        for words in (("db", "check"), ("db", "upgrade"), ("user", "list")):
            refused = service.cli(*words)
            assert refused.returncode == 1
            assert "newer than this program" in refused.stdout + refused.stderr
        database.close()


def test_upgrade_that_is_killed_leaves_nothing_half(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    """Killed before each of its statements in turn, until it gets through."""
    url = new_database() or ""
    done = subprocess.run(
        [sys.executable, KILLED, tmp_path, url],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    states = done.stdout.split()
    half = states.index("CURRENT")  # what follows is a look at what was made
    assert half > 15, done.stdout
    assert set(states[:half]) == {"nothing"}
    assert set(states[half:]) == {"CURRENT"}


def test_of_upgrades_at_once_one_makes_the_installation(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    service = Service(tmp_path, database_url=new_database())
    with ThreadPoolExecutor(4) as threads:
        upgrades = [threads.submit(service.cli, "db", "upgrade") for _ in range(4)]
        ended = [upgrade.result() for upgrade in upgrades]
    assert [done.returncode for done in ended] == [0] * 4, ended
    said = Counter(done.stdout.partition(" a")[0] for done in ended)
    assert said == {"made": 1, "nothing to do: the database is": 3}, ended
    keys = json.loads(service.cli("key", "list", "--json").stdout)
    assert len(keys) == 1


def test_empty_database_beside_a_master_key_is_never_filled_in_silence(
    postgresql_database: str, tmp_path: Path
) -> None:
    """It was expected to be full; only `db upgrade` says that it is meant."""
    service = Service(tmp_path, database_url=postgresql_database)
    service.data_dir.mkdir(parents=True)
    other = Service(tmp_path / "other")
    other.home.mkdir()
    assert other.cli("db", "upgrade").returncode == 0
    key = (other.data_dir / "master.key").read_bytes()
    (service.data_dir / "master.key").touch(mode=0o600)
    (service.data_dir / "master.key").write_bytes(key)
    refused = service.cli("serve", "--port", str(service.port))
    assert refused.returncode == 1
    assert "run: tokenhouse db upgrade" in refused.stderr
    assert service.cli("db", "upgrade").returncode == 0
    assert (service.data_dir / "master.key").read_bytes() == key
    with service:
        assert service.cli("db", "check").returncode == 0


def test_database_of_another_program_is_left_alone(
    postgresql_database: str, tmp_path: Path
) -> None:
    database = Database(postgresql_database)
    database.write_now(lambda c: c.execute(text("CREATE TABLE customers (id int)")))
    service = Service(tmp_path, database_url=postgresql_database)
    refused = service.cli("serve", "--port", str(service.port))
    assert refused.returncode == 1
    assert "not Tokenhouse's" in refused.stderr
    assert database.read_now(migrations.tables) == {"customers"}
    database.close()


def test_copy_keeps_every_row_and_who_made_whom(store: Database, empty: Database) -> None:
    user = add_user(store)
    child = add_client(store, user, created_at=1.0)
    parent = add_client(store, user, created_at=2.0)  # made later than its child, by a bad clock
    store.write_now(
        lambda c: c.execute(
            text("UPDATE clients SET parent_id=:p WHERE client_id=:c"),
            {"p": parent.client_id, "c": child.client_id},
        )
    )
    empty.alone_now(migrations.upgrade)

    def copy(source: Connection, target: Connection) -> None:
        for table in copying.TABLES:
            copying.copy(source, target, table, nothing)
            assert copying.add_up(source, table, nothing) == copying.add_up(target, table, nothing)

    store.write_now(lambda one: empty.alone_now(lambda other: copy(one, other)))
