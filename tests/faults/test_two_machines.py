"""Two servers on two addresses over one PostgreSQL: one service, from each acknowledgement on."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import WITHOUT_THROTTLE
from tests.faults import figure, rounds
from tests.faults.load import GRANT, REVOKE, assertion, by_assertion
from tests.people import BASIC, CLIENTS, ME, TOKEN, Credential, Person, add_credential, add_person
from tests.postgresql import PostgreSQL
from tests.service import Service

FAILURES = 10


@dataclass
class Fleet:
    """Two machines, and a client of each."""

    first: Service
    here: httpx.Client
    there: httpx.Client

    def turned(self) -> "Fleet":
        """The same, from the other side."""
        return Fleet(self.first, self.there, self.here)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL) -> Iterator[Fleet]:
    """Put both up: the same database, master key and issuer."""
    home, url = tmp_path_factory.mktemp("fleet"), postgresql.new_database()
    first = Service(home / "first", 1, {**WITHOUT_THROTTLE, **SETTINGS}, url)
    with ExitStack() as stack:
        stack.enter_context(first)
        other = Service(home / "second", 1, {**first.settings, "issuer": first.url}, url)
        other.data_dir.mkdir(parents=True)
        shutil.copy(first.data_dir / "master.key", other.data_dir)
        stack.enter_context(other)
        here, there = (
            stack.enter_context(httpx.Client(base_url=one.url, trust_env=False, timeout=30))
            for one in (first, other)
        )
        yield Fleet(first, here, there)


SETTINGS = {"login_failures_per_account": str(FAILURES)}


def token(http: httpx.Client, app: Credential) -> httpx.Response:
    """Ask for a token by secret."""
    return http.post(TOKEN, data=GRANT, auth=(app.client_id, app.client_secret))


def bearer(answer: httpx.Response) -> dict[str, str]:
    """The header that shows the token of an answer."""
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def one_round(fleet: Fleet, owner: Person) -> None:
    """Change on one machine, and meet it on the other with the next request."""
    here, there = fleet.here, fleet.there
    app = add_credential(fleet.first, owner)
    shown = bearer(token(here, app))
    assert there.get(ME, headers=shown).status_code == 200

    form = {"token": shown["Authorization"].removeprefix("Bearer ")}
    assert here.post(REVOKE, data=form, headers=owner.bearer).status_code == 200
    assert there.get(ME, headers=shown).status_code == 401

    used = by_assertion(assertion(fleet.first, app))
    assert here.post(TOKEN, data=used).status_code == 200
    assert there.post(TOKEN, data=used).status_code == 401

    path = f"{CLIENTS}/{app.client_id}"
    ended = {"old_secret_expires_in": 0}
    new = here.post(f"{path}/secrets", json=ended, headers=owner.bearer).json()["client_secret"]
    assert token(there, app).status_code == 401
    renewed = Credential(app.client_id, new, owner)
    shown = bearer(token(there, renewed))

    assert here.delete(path, headers=owner.bearer).status_code == 204
    assert token(there, renewed).status_code == 401
    assert there.get(ME, headers=shown).status_code == 401


def test_what_is_acknowledged_on_one_holds_on_the_other(fleet: Fleet) -> None:
    owner, count = add_person(fleet.first), rounds(20, 500)
    for number in range(count):
        one_round(fleet.turned() if number % 2 else fleet, owner)
    figure(f"two machines, {count} rounds of revoking, using, rotating and deleting: all met")


def test_failures_count_together(fleet: Fleet) -> None:
    person = add_person(fleet.first)
    for number in range(FAILURES):
        http = fleet.there if number % 2 else fleet.here
        assert http.get(BASIC, auth=(person.email, "wrong")).status_code == 400
    for http in (fleet.here, fleet.there):
        assert http.get(BASIC, auth=(person.email, person.password)).status_code == 429
