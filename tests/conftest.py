"""Fixtures of every test: the shared server, fresh people and app credentials on it.

Trap: the server is shared by the whole session, in random order; a test changes only what it made
itself, and one that needs other settings, a restart or several workers starts a Service of its own
with `start_service`.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from tests.people import Credential, Person, add_credential, add_person
from tests.postgresql import PostgreSQL
from tests.service import Service

# Reads a grammar for five seconds, for the formats of IRIs; no document here has one.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # - which is how an import is refused

pytest_plugins = ["tests.canary", "tests.chromium", "tests.conformance", "tests.mailbox"]

# Hundreds of wrong passwords and secrets come from one address here.
WITHOUT_THROTTLE: Mapping[str, str] = {
    "login_failures_per_account": "0",
    "login_failures_per_source": "0",
    "client_failures_per_source": "0",
}
NO_SETTINGS: Mapping[str, str] = {}
DATABASES = ("sqlite", "postgresql")
LONG_FIRST = frozenset({"api", "cli", "console", "faults", "interop", "store"})
# What the second database could do differently; `--database both` runs everything on both.
ON_BOTH = (
    "faults/test_key_rotation.py",
    "faults/test_kill.py",
    "faults/test_parallel.py",
    "protocol/test_replay.py",
    "protocol/test_revocation.py",
    "store/",
)
NewDatabase = Callable[[], str | None]


class MakePerson(Protocol):
    """Adds a user and signs in."""

    def __call__(self, *, admin: bool = False, password: str = "") -> Person: ...


class MakeCredential(Protocol):
    """Makes app credentials, of a fresh person unless one is given."""

    def __call__(self, owner: Person | None = None, **members: object) -> Credential: ...


class StartService(Protocol):
    """Starts a server of this test's own; it is stopped, and its log checked, after the test.

    Without `workers` it has as many as `--workers` says.
    """

    def __call__(
        self, settings: Mapping[str, str] = NO_SETTINGS, *, workers: int | None = None
    ) -> Service: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--database` and `--workers`."""
    databases = (*DATABASES, "both")
    parser.addoption("--database", choices=databases, help="instead of both where it matters")
    parser.addoption("--workers", type=int, default=1, help="workers of servers (%(default)s)")


def pytest_configure(config: pytest.Config) -> None:
    """Register a mark."""
    config.addinivalue_line(
        "markers", "on_sqlite: about its file, or a command that finds it by its folder alone"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is about the database on both, and the rest on SQLite, unless told."""
    if "database" not in metafunc.fixturenames:
        return
    path = metafunc.definition.path.relative_to(metafunc.config.rootpath / "tests").as_posix()
    told = metafunc.config.getoption("--database")
    both = told == "both" or (told is None and path.startswith(ON_BOTH))
    chosen = DATABASES if both else [told or DATABASES[0]]
    if metafunc.definition.get_closest_marker("on_sqlite"):
        chosen = [DATABASES[0]]
    metafunc.parametrize("database", chosen, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the rooms whose tests wait and start processes: at the end one would run alone."""
    tests = config.rootpath / "tests"
    items.sort(key=lambda item: item.path.relative_to(tests).parts[0] not in LONG_FIRST)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL of this session's own; a test that stops it starts one of its own instead."""
    server = PostgreSQL().create()
    yield server
    server.close()


@pytest.fixture(scope="session")
def new_database(database: str, request: pytest.FixtureRequest) -> NewDatabase:
    """Makes an empty database, one for each Service: a URL, or None for its data directory."""
    if database == "sqlite":
        return lambda: None
    server: PostgreSQL = request.getfixturevalue("postgresql")
    return server.new_database


@pytest.fixture
def postgresql_database(postgresql: PostgreSQL) -> str:
    """An empty database on PostgreSQL, whatever the other tests run on."""
    return postgresql.new_database()


@pytest.fixture(scope="session")
def workers(request: pytest.FixtureRequest) -> int:
    """How many workers a server has where the test does not say."""
    chosen: int = request.config.option.workers
    return chosen


@pytest.fixture(scope="session")
def service(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase, workers: int
) -> Iterator[Service]:
    """The shared server: default settings but for the throttle."""
    home = tmp_path_factory.mktemp("service")
    with Service(home, workers, WITHOUT_THROTTLE, new_database()) as running:
        yield running


@pytest.fixture
def start_service(
    tmp_path: Path, new_database: NewDatabase, workers: int
) -> Iterator[StartService]:
    """Servers of this test's own."""
    started: list[Service] = []
    usual = workers

    def start(settings: Mapping[str, str] = NO_SETTINGS, *, workers: int | None = None) -> Service:
        home = tmp_path / f"service{len(started)}"
        one = Service(home, workers or usual, {**WITHOUT_THROTTLE, **settings}, new_database())
        started.append(one)
        return one.start()

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="session")
def http(service: Service) -> Iterator[httpx.Client]:
    """A client of the shared server that follows no redirect and reads no proxy settings."""
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def person(service: Service) -> MakePerson:
    """Makes fresh people on the shared server."""

    def make(*, admin: bool = False, password: str = "") -> Person:
        return add_person(service, admin=admin, password=password)

    return make


@pytest.fixture(scope="session")
def credential(service: Service, person: MakePerson) -> MakeCredential:
    """Makes fresh app credentials on the shared server."""

    def make(owner: Person | None = None, **members: object) -> Credential:
        return add_credential(service, owner or person(), **members)

    return make


@pytest.fixture(scope="module")
def someone(person: MakePerson) -> Person:
    """One person for the tests of a module that only read, or change only what they made."""
    return person()


@pytest.fixture(scope="module")
def app(credential: Callable[..., Credential], someone: Person) -> Credential:
    """App credentials of `someone`, never changed."""
    return credential(someone)
