"""Backup, restore and copy: what was used, revoked or deleted stays so wherever it is moved."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.conftest import WITHOUT_THROTTLE
from tests.people import CLIENTS, ME, Credential, Person, add_credential, add_person, client_token
from tests.postgresql import PostgreSQL
from tests.protocol.assertions import right
from tests.protocol.table import World, by_jwt
from tests.raw import Request, send
from tests.service import Service

REVOKE = "/api/v1/auth/jwt/revoke"


@dataclass(frozen=True)
class Lived:
    """An installation in which something has happened; `good` is what must go on working."""

    service: Service
    someone: Person
    good: Credential
    deleted: Credential
    used: Request
    revoked: str

    def check(self, moved: Service) -> None:
        """Hold a running service against what was so in this one."""
        assert client_token(moved, self.good)
        assert send(moved.port, self.used).status == 401
        assert get(moved, ME, self.revoked) == 401
        assert get(moved, ME, self.someone.token) == 200
        gone = httpx.get(
            f"{moved.url}{CLIENTS}/{self.deleted.client_id}",
            headers=self.someone.bearer,
            trust_env=False,
        )
        assert gone.status_code == 404
        assert send(moved.port, by_jwt(right(self.world(moved)))).status == 200

    def world(self, service: Service) -> World:
        """The same, as the tables of the protocol tests take it."""
        return World(service, self.someone, self.good, self.good, self.deleted)


def get(service: Service, path: str, token: str) -> int:
    """The status that a token gets."""
    shown = {"Authorization": f"Bearer {token}"}
    return httpx.get(service.url + path, headers=shown, trust_env=False).status_code


def live(service: Service) -> Lived:
    """Let something happen."""
    someone = add_person(service)
    good, deleted = add_credential(service, someone), add_credential(service, someone)
    revoked = client_token(service, good)
    used = by_jwt(right(World(service, someone, good, good, deleted)))
    assert send(service.port, used).status == 200
    with httpx.Client(base_url=service.url, trust_env=False) as http:
        asked = {"token": revoked}
        auth = (good.client_id, good.client_secret)
        assert http.post(REVOKE, data=asked, auth=auth).status_code == 200
        path = f"{CLIENTS}/{deleted.client_id}"
        assert http.delete(path, headers=someone.bearer).status_code == 204
    return Lived(service, someone, good, deleted, used, revoked)


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    """A running SQLite installation in which something has happened."""
    with Service(tmp_path / "first", settings=WITHOUT_THROTTLE) as service:
        yield live(service)


def elsewhere(lived: Lived, home: Path, database_url: str | None = None) -> Service:
    """The same service on another machine: same address, same master key, no database yet."""
    moved = Service(home, 1, WITHOUT_THROTTLE, database_url, lived.service.port)
    moved.data_dir.mkdir(mode=0o700, parents=True)
    shutil.copy2(lived.service.data_dir / "master.key", moved.data_dir)
    return moved


def under_load(lived: Lived, work: Callable[[], None]) -> list[Credential]:
    """Do something while credentials are made one after the other; those that were."""
    made: list[Credential] = []
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            made.append(add_credential(lived.service, lived.someone))

    loader = threading.Thread(target=load)
    loader.start()
    try:
        work()
    finally:
        stop.set()
        loader.join()
    return made


def test_backup_under_load_restores_whole(lived: Lived, tmp_path: Path) -> None:
    before = add_credential(lived.service, lived.someone)
    file = tmp_path / "backup.db"

    def back_up() -> None:
        for _ in range(3):
            file.unlink(missing_ok=True)
            done = lived.service.cli("db", "backup", str(file))
            assert done.returncode == 0, done.stderr

    assert under_load(lived, back_up)
    assert file.stat().st_mode & 0o777 == 0o600
    lived.service.stop()
    moved = elsewhere(lived, tmp_path / "second")
    done = moved.cli("db", "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert moved.cli("db", "check").returncode == 0
    with moved:
        lived.check(moved)
        assert client_token(moved, before)


def test_copy_to_postgresql_keeps_all(
    lived: Lived, tmp_path: Path, postgresql_database: str
) -> None:
    lived.service.stop()
    done = lived.service.cli("db", "copy", "--to", postgresql_database)
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()[1:-1]}
    assert (rows["clients"], rows["client_secrets"], rows["used_once"]) == ("2", "1", "1")
    again = lived.service.cli("db", "copy", "--to", postgresql_database)
    assert again.returncode == 1
    assert "not empty" in again.stderr
    moved = elsewhere(lived, tmp_path / "second", postgresql_database)
    with moved:
        lived.check(moved)


def test_postgresql_is_backed_up_by_its_own_tool(
    tmp_path: Path, postgresql: PostgreSQL, postgresql_database: str
) -> None:
    """The command that `db backup` names, and the one that `db restore` names."""
    first = Service(tmp_path / "first", 1, WITHOUT_THROTTLE, postgresql_database)
    file, other = tmp_path / "backup", postgresql.new_database()
    with first:
        lived = live(first)
        named = run_named(first.cli("db", "backup", str(file)), postgresql)
        assert named.returncode == 0, named.stderr
    moved = elsewhere(lived, tmp_path / "second", other)
    named = run_named(moved.cli("db", "restore", str(file)), postgresql)
    assert named.returncode == 0, named.stderr
    with moved:
        lived.check(moved)


def run_named(
    refused: subprocess.CompletedProcess[str], postgresql: PostgreSQL
) -> subprocess.CompletedProcess[str]:
    """Run the command that a refusal names."""
    assert refused.returncode == 1
    name, *words = refused.stderr.partition("; run: ")[2].split()
    return subprocess.run(
        [postgresql.programs / name, *words], capture_output=True, text=True, check=False
    )


def test_restore_refuses_what_it_cannot_make_good(lived: Lived, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    assert lived.service.cli("db", "backup", str(file)).returncode == 0
    (tmp_path / "torn.db").write_bytes(file.read_bytes()[:-5000])
    (tmp_path / "text.db").write_text("no database")
    stranger = Service(tmp_path / "stranger")
    stranger.home.mkdir()
    assert stranger.cli("db", "upgrade").returncode == 0
    (stranger.data_dir / "tokenhouse.db").unlink()
    own = elsewhere(lived, tmp_path / "second")
    bare = Service(tmp_path / "bare")
    bare.home.mkdir()
    for place, name, word in (
        (stranger, "backup.db", "the master key is not this database's"),
        (bare, "backup.db", "a backup does not hold it"),
        (own, "torn.db", ""),
        (own, "text.db", ""),
        (own, "absent.db", "there is no backup"),
        (lived.service, "backup.db", "already"),
    ):
        refused = place.cli("db", "restore", str(tmp_path / name))
        assert refused.returncode == 1, name
        assert refused.stderr.startswith("tokenhouse: ")
        assert len(refused.stderr.splitlines()) == 1
        assert word in refused.stderr
        left = {one.name for one in place.data_dir.glob("tokenhouse.db*")}
        assert place is lived.service or not left, left
    assert own.cli("db", "restore", str(file)).returncode == 0


def test_backup_never_writes_over_a_file(lived: Lived, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("mine")
    refused = lived.service.cli("db", "backup", str(file))
    assert (refused.returncode, file.read_text()) == (1, "mine")
    assert "already" in refused.stderr
