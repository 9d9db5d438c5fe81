"""A new master key while serving: nothing stays under the old one, and nothing ever fails."""

import hashlib
import threading
import time
from base64 import urlsafe_b64decode
from collections import Counter

import httpx
import pytest
from sqlalchemy import LargeBinary, create_engine, inspect, select
from sqlalchemy import MetaData as Reflected
from sqlalchemy.engine import make_url

from tests.conftest import StartService
from tests.people import TOKEN, Credential, add_credential, add_person
from tests.service import Service
from tests.store.test_sealed import UNSEALED

CREDENTIALS = 150  # more than one transaction takes


def url_of(service: Service) -> str:
    """The service's database, as SQLAlchemy takes it."""
    if service.database_url is None:
        return f"sqlite:///{service.data_dir / 'tokenhouse.db'}"
    return (
        make_url(service.database_url)
        .set(drivername="postgresql+psycopg")
        .render_as_string(hide_password=False)
    )


def sealed_under(service: Service) -> Counter[bytes]:
    """How many values of the whole database are under which master key, by its id."""
    engine, found = create_engine(url_of(service)), Counter[bytes]()
    tables = Reflected()
    with engine.connect() as connection:
        tables.reflect(connection)
        assert inspect(connection).get_table_names()
        for table in tables.sorted_tables:
            for column in table.columns:
                octets = isinstance(column.type, LargeBinary)
                if octets and (table.name, column.name) not in UNSEALED:
                    for (value,) in connection.execute(select(column)):
                        found[bytes(value[1:5])] += 1
    engine.dispose()
    return found


def key_ids(service: Service) -> list[bytes]:
    """The ids of the master keys in the file, in its order."""
    lines = (service.data_dir / "master.key").read_bytes().split()
    return [hashlib.sha256(b"id" + urlsafe_b64decode(line)).digest()[:4] for line in lines]


class Users:
    """Threads that use credentials over and over, and make new ones."""

    def __init__(self, service: Service, apps: list[Credential]) -> None:
        """Begin."""
        self.statuses: Counter[int] = Counter()
        self._service, self._apps, self._end = service, apps, threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._use, self._make)]
        for thread in self._threads:
            thread.start()

    def end(self) -> Counter[int]:
        """End, and say how often which status came back."""
        self._end.set()
        for thread in self._threads:
            thread.join()
        return self.statuses

    def _use(self) -> None:
        with httpx.Client(base_url=self._service.url, trust_env=False, timeout=30) as http:
            for turn in range(10**6):
                if self._end.is_set():
                    return
                app = self._apps[turn % len(self._apps)]
                form = {"grant_type": "client_credentials"}
                answer = http.post(TOKEN, data=form, auth=(app.client_id, app.client_secret))
                self.statuses[answer.status_code] += 1

    def _make(self) -> None:
        for _ in range(10**6):
            if self._end.is_set():
                return
            self._apps.append(add_credential(self._service, self._apps[0].owner))
            time.sleep(0.02)


def test_everything_moves_to_the_new_key_while_serving_also_after_a_kill(
    start_service: StartService,
) -> None:
    service = start_service(workers=2)
    owner = add_person(service)
    apps = [add_credential(service, owner) for _ in range(CREDENTIALS)]
    (old,) = key_ids(service)
    users = Users(service, apps)
    with service.begin("key", "rewrap", "--new-master-key") as cut_off:
        assert cut_off.stderr is not None
        assert any(b"client_secrets.sealed" in line for line in cut_off.stderr)  # it is at them
        cut_off.kill()
    new, still = key_ids(service)
    assert still == old
    assert sealed_under(service)[old] > 0
    done = service.cli("key", "rewrap")
    statuses = users.end()
    assert done.returncode == 0, done.stderr
    assert set(statuses) == {200}, statuses
    assert set(sealed_under(service)) == {new}
    again = service.cli("key", "rewrap")
    assert (again.returncode, "0 anew" in again.stdout) == (0, True), again.stderr

    file = service.data_dir / "master.key"
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    service.stop()
    service.start()
    for app in apps[::10]:
        form = {"grant_type": "client_credentials"}
        auth = (app.client_id, app.client_secret)
        answer = httpx.post(service.url + TOKEN, data=form, auth=auth, trust_env=False, timeout=30)
        assert answer.status_code == 200


def test_half_done_and_the_old_key_gone_is_refused_at_start(start_service: StartService) -> None:
    service = start_service()
    file = service.data_dir / "master.key"
    old = file.read_bytes()
    service.stop()
    with service.begin("key", "rewrap", "--new-master-key") as cut_off:
        assert cut_off.stderr is not None
        cut_off.stderr.readline()
        cut_off.kill()
    file.write_bytes(file.read_bytes().removesuffix(old))
    refused = service.cli("user", "list")
    assert refused.returncode == 1
    assert "master key" in refused.stderr
    file.write_bytes(file.read_bytes() + old)
    assert service.cli("key", "rewrap").returncode == 0
    service.start()


@pytest.mark.parametrize("content", [b"", b"not a key\n", b"c2hvcnQ=\n"])
def test_unusable_key_file_changes_nothing(content: bytes, start_service: StartService) -> None:
    service = start_service()
    file = service.data_dir / "master.key"
    before, good = sealed_under(service), file.read_bytes()
    file.write_bytes(content)
    done = service.cli("key", "rewrap", "--new-master-key")
    assert (done.returncode, "master key" in done.stderr) == (1, True)
    assert file.read_bytes() == content
    assert sealed_under(service) == before
    file.write_bytes(good)
