"""At the same time from many sides: the outcome is one that one at a time would give."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import httpx
import jwt
import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.faults import figure, rounds
from tests.faults.load import GRANT, REVOKE, assertion, by_assertion
from tests.people import (
    CLIENTS,
    ME,
    TOKEN,
    USERS,
    Credential,
    Person,
    add_credential,
    add_person,
    sign_in,
)
from tests.service import Service

CONNECTIONS = 4
COPIES = 16
SAME = 50
Work = Callable[[httpx.Client], object]
Good = list[tuple[float, Any]]


@pytest.fixture(scope="module")
def two_workers(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[Service]:
    """A service of this module's own, with two workers."""
    home = tmp_path_factory.mktemp("parallel")
    with Service(home, 2, WITHOUT_THROTTLE, new_database()) as service:
        yield service


def at_once(service: Service, works: Sequence[Work]) -> None:
    """Do all of it at the same time, each on a connection of its own that is open already."""
    ready, broken = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Work, http: httpx.Client) -> None:
        try:
            http.get("/healthz")
            ready.wait(30)
            work(http)
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            broken.append(error)

    with ExitStack() as stack:
        clients = [
            stack.enter_context(httpx.Client(base_url=service.url, trust_env=False, timeout=60))
            for _ in works
        ]
        threads = [
            threading.Thread(target=run, args=pair) for pair in zip(works, clients, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if broken:
        raise broken[0]


def use_until_refused(ask: Callable[[], httpx.Response], good: Good) -> None:
    """Ask until the answer is 401; when each good one was asked for, and what it said."""
    for _ in range(1000):
        sent, answer = time.monotonic(), ask()
        if answer.status_code != 200:
            assert answer.status_code == 401
            return
        good.append((sent, answer.json()))


def deletion(service: Service, owner: Person) -> tuple[int, int, int]:
    """Delete while tokens are issued; how many were asked for after it, still live, there were."""
    app, issued, deleted = add_credential(service, owner), Good(), list[float]()
    auth = (app.client_id, app.client_secret)

    def issue(http: httpx.Client) -> None:
        use_until_refused(lambda: http.post(TOKEN, data=GRANT, auth=auth), issued)

    def delete(http: httpx.Client) -> None:
        time.sleep(0.02)
        path = f"{CLIENTS}/{app.client_id}"
        assert http.delete(path, headers=owner.bearer).status_code == 204
        deleted.append(time.monotonic())

    at_once(service, [issue, issue, issue, delete])
    late = sum(sent > deleted[0] for sent, _ in issued)
    with httpx.Client(base_url=service.url, trust_env=False) as http:
        bearers = [{"Authorization": f"Bearer {said['access_token']}"} for _, said in issued]
        living = sum(http.get(ME, headers=bearer).status_code != 401 for bearer in bearers)
    return late, living, len(issued)


def test_delete_while_tokens_are_issued(two_workers: Service) -> None:
    owner = add_person(two_workers)
    done = [deletion(two_workers, owner) for _ in range(rounds(5, 200))]
    late, living, issued = map(sum, zip(*done, strict=True))
    figure(
        f"{len(done)} deletions while tokens were issued: {late} of {issued:,} tokens asked for "
        f"after it, {living} still good"
    )
    assert (late, living) == (0, 0)
    assert issued


def test_each_gets_its_own_token(two_workers: Service) -> None:
    """What is looked up, recorded and signed in one batch goes back to who asked for it."""
    owner = add_person(two_workers)
    got = list[tuple[str, dict[str, object]]]()

    def asking(app: Credential) -> Work:
        auth = (app.client_id, app.client_secret)

        def ask(http: httpx.Client) -> None:
            for _ in range(rounds(15, 500)):
                by_jwt = by_assertion(assertion(two_workers, app))
                for answer in (
                    http.post(TOKEN, data=GRANT, auth=auth),
                    http.post(TOKEN, data=by_jwt),
                ):
                    assert answer.status_code == 200, answer.text
                    token = answer.json()["access_token"]
                    claims = jwt.decode(token, options={"verify_signature": False})
                    got.append((app.client_id, claims))

        return ask

    at_once(two_workers, [asking(add_credential(two_workers, owner)) for _ in range(COPIES)])
    strange = sum(claims["sub"] != client_id for client_id, claims in got)
    twice = len(got) - len({claims["jti"] for _, claims in got})
    figure(f"{len(got):,} tokens from {COPIES} sides at once: {strange} of another, {twice} twice")
    assert (strange, twice) == (0, 0)


def revocation(service: Service, owner: Person) -> tuple[int, int]:
    """Revoke a token while it is used; how many uses were let through after it, there were."""
    token, used, revoked = (
        sign_in(service, owner.email, owner.password).token,
        Good(),
        list[float](),
    )
    bearer = {"Authorization": f"Bearer {token}"}

    def use(http: httpx.Client) -> None:
        use_until_refused(lambda: http.get(ME, headers=bearer), used)

    def revoke(http: httpx.Client) -> None:
        time.sleep(0.02)
        answer = http.post(REVOKE, data={"token": token}, headers=owner.bearer)
        assert answer.status_code == 200
        revoked.append(time.monotonic())

    at_once(service, [use, use, use, revoke])
    return sum(sent > revoked[0] for sent, _ in used), len(used)


def test_revoke_while_the_token_is_used(two_workers: Service) -> None:
    owner = add_person(two_workers)
    done = [revocation(two_workers, owner) for _ in range(rounds(5, 200))]
    late, used = map(sum, zip(*done, strict=True))
    figure(f"{len(done)} revocations during use: {late} of {used:,} uses let through after it")
    assert late == 0
    assert used


def copies(service: Service, app: Credential) -> Counter[int]:
    """Send copies of one assertion; how often which status came."""
    form, statuses = by_assertion(assertion(service, app)), Counter[int]()

    def send(http: httpx.Client) -> None:
        for _ in range(COPIES // CONNECTIONS):
            statuses[http.post(TOKEN, data=form).status_code] += 1

    at_once(service, [send] * CONNECTIONS)
    return statuses


def test_copies_of_one_assertion_on_four_connections(two_workers: Service) -> None:
    app = add_credential(two_workers, add_person(two_workers))
    done = [copies(two_workers, app) for _ in range(rounds(10, 500))]
    accepted = sum(statuses[200] for statuses in done)
    figure(f"{COPIES} copies of {len(done)} assertions at once: {accepted} accepted")
    assert done == [{200: 1, 401: COPIES - 1}] * len(done)


def creations(service: Service, admin: Person, email: str) -> Counter[int]:
    """Create one address many times; how often which status came."""
    body, statuses = {"email": email, "password": "a password of some length"}, Counter[int]()

    def create(http: httpx.Client) -> None:
        while (status := http.post(USERS, json=body, headers=admin.bearer).status_code) == 503:
            time.sleep(0.1)  # there was no room to wait for a password hash
        statuses[status] += 1

    at_once(service, [create] * SAME)
    return statuses


def test_one_address_is_created_once(two_workers: Service) -> None:
    admin = add_person(two_workers, admin=True)
    addresses = [f"same{number}@people.example" for number in range(rounds(1, 10))]
    done = [creations(two_workers, admin, address) for address in addresses]
    figure(f"{SAME} creations at once of {len(done)} addresses: {sum(done, Counter[int]())}")
    assert done == [{201: 1, 409: SAME - 1}] * len(done)
    with httpx.Client(base_url=two_workers.url, trust_env=False) as http:
        there = [user["email"] for user in http.get(USERS, headers=admin.bearer).json()]
    assert sorted(each for each in there if each.startswith("same")) == sorted(addresses)
