"""PostgreSQL goes, or the network before it: 503 in time, and serving again without a restart.

The bar: `Retry-After` within 1 s while it is down, an answer within 2 s while the network is bad,
never 500, never a hang; JWKS and metadata stay 200; serving within 1 s of its return.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.conftest import WITHOUT_THROTTLE
from tests.faults import LONG, figure, rounds
from tests.faults.load import ALL, Asker, Load, Seen, wrongs
from tests.faults.proxy import Proxy
from tests.people import Credential, Person, add_credential, add_person
from tests.postgresql import PostgreSQL
from tests.service import Service

SLACK = 0.5 if LONG else 5.0  # seconds for the machine, where the short form runs beside others
DOCUMENTS = {"jwks", "metadata"}
GOOD = {200, 201, 204}
MOST_CONNECTIONS = 13  # what one worker may hold: the pool, and the inline line


@dataclass
class Scene:
    """A PostgreSQL of this module's own, a service on it through a proxy, and a user."""

    postgresql: PostgreSQL
    proxy: Proxy
    service: Service
    owner: Person
    app: Credential


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Put it all up."""
    postgresql = PostgreSQL().create()
    url = make_url(postgresql.new_database())
    with Proxy(postgresql.port) as proxy:
        through = url.set(port=proxy.port).render_as_string(hide_password=False)
        home = tmp_path_factory.mktemp("outage")
        with Service(home, settings=WITHOUT_THROTTLE, database_url=through) as service:
            owner = add_person(service)
            yield Scene(postgresql, proxy, service, owner, add_credential(service, owner))
    postgresql.close()


def serves(asker: Asker) -> bool:
    """Whether a token can be had, by secret and by assertion."""
    before = len(asker.book.accepted)
    asker.show_assertion()
    return asker.token() is not None and len(asker.book.accepted) > before


def back(scene: Scene) -> float:
    """Wait until the service serves; how long it took. Raises AssertionError."""
    asker, begun = Asker(scene.service, scene.owner), time.monotonic()
    asker.book.live[scene.app.client_id] = scene.app
    while not serves(asker):
        assert time.monotonic() - begun < 20, scene.service.log[-2000:]
        time.sleep(0.02)
    asker.close()
    return time.monotonic() - begun


def bad(seen: list[Seen]) -> list[Seen]:
    """The answers that should never be: no answer, 500, or 503 without `Retry-After`."""
    documents = [each for each in seen if each.what in DOCUMENTS and each.status != 200]
    refusals = [each for each in seen if each.status == 503 and each.retry_after is None]
    other = [each for each in seen if each.status not in GOOD | {503}]
    return [*documents, *refusals, *other]


def slowest(seen: list[Seen], status: int) -> float:
    """How long the slowest answer with this status took."""
    return max((each.seconds for each in seen if each.status == status), default=0.0)


def test_postgresql_gone_and_back_under_load(scene: Scene) -> None:
    ends: list[Callable[[], None]] = [scene.postgresql.stop, scene.postgresql.kill9]
    longest, seen = 0.0, list[Seen]()
    for number in range(rounds(2, 10)):
        load = Load(scene.service, scene.owner, ALL)
        time.sleep(0.5)
        ends[number % 2]()
        time.sleep(rounds(1, 3))
        scene.postgresql.start()
        longest = max(longest, back(scene))
        book = load.run(0.3)
        seen += book.seen
        assert wrongs(scene.service, book) == []
    refused = [each for each in seen if each.status == 503]
    figure(
        f"PostgreSQL stopped or killed {rounds(2, 10)} times under load: {len(refused)} of "
        f"{len(seen):,} answers 503, the slowest after {slowest(refused, 503):.2f} s; serving "
        f"{longest:.2f} s after its return"
    )
    assert bad(seen) == []
    assert {"token", "assertion", "create", "list"} <= {each.what for each in refused}
    assert slowest(refused, 503) < 1 + SLACK
    assert longest < 1 + SLACK


def test_readiness_names_the_database(scene: Scene) -> None:
    why = {"detail": "the database does not answer", "reasons": ["database"]}
    with httpx.Client(base_url=scene.service.url, trust_env=False, timeout=30) as http:
        scene.postgresql.stop()
        ready = http.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"status": "unavailable", **why})
        assert http.get("/healthz").status_code == 200
        scene.postgresql.start()
        back(scene)
        assert http.get("/readyz").json() == {"status": "ok"}


def slow(proxy: Proxy) -> Callable[[], None]:
    """Every piece takes 50 ms more."""
    proxy.delay = 0.05

    def end() -> None:
        proxy.delay = 0.0

    return end


def hole(proxy: Proxy) -> Callable[[], None]:
    """Nothing comes through, and nobody says so."""
    proxy.swallows = True

    def end() -> None:
        proxy.swallows = False

    return end


def resets(proxy: Proxy) -> Callable[[], None]:
    """Connections are reset over and over."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.05):
            proxy.reset()

    thread = threading.Thread(target=work)
    thread.start()

    def end() -> None:
        ended.set()
        thread.join()

    return end


def refuses(proxy: Proxy) -> Callable[[], None]:
    """All connections are reset, those that come too."""
    proxy.refuses = True
    proxy.reset()

    def end() -> None:
        proxy.refuses = False

    return end


@pytest.mark.parametrize("begin", [slow, hole, resets, refuses])
def test_bad_network_before_postgresql(
    scene: Scene, begin: Callable[[Proxy], Callable[[], None]]
) -> None:
    threads = running_threads(scene.service)
    load = Load(scene.service, scene.owner, ALL, threads=6)
    time.sleep(0.3)
    end = begin(scene.proxy)
    time.sleep(rounds(3, 20))
    end()
    longest = back(scene)
    book = load.end()
    refused = sum(each.status == 503 for each in book.seen)
    most = max(each.seconds for each in book.seen)
    figure(
        f"network {begin.__name__}: {refused} of {len(book.seen):,} answers 503, the slowest "
        f"answer after {most:.2f} s; serving {longest:.2f} s after its end"
    )
    assert bad(book.seen) == []
    assert most < 2 + SLACK
    assert longest < 1 + SLACK
    assert wrongs(scene.service, book) == []
    assert connections(scene) <= MOST_CONNECTIONS
    assert running_threads(scene.service) <= threads + MOST_CONNECTIONS


def running_threads(service: Service) -> int:
    """How many threads the server has."""
    return len(list(Path(f"/proc/{service.pid}/task").iterdir()))


def connections(scene: Scene) -> int:
    """How many connections the service holds, as the database counts them."""
    with psycopg.connect(scene.postgresql.url()) as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tokenhouse'"
        row = connection.execute(asked).fetchone()
    assert row is not None
    count: int = row[0]
    return count
