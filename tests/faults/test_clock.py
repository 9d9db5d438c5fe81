"""The clock goes an hour ahead and comes back while the service works (RFC 7523 section 3).

The bar: no assertion is accepted twice, and nobody is locked out for more than 60 s.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import NewDatabase
from tests.faults import figure, rounds
from tests.faults.load import Asker, Book, Load, by_assertion
from tests.people import BASIC, TOKEN, Person, add_person
from tests.service import Service

HOUR = 3600
DOES = (Asker.token, Asker.show_assertion)
LONGEST_WAIT = 60
SIDES = 16


def replayed(http: httpx.Client, book: Book) -> int:
    """How many assertions are accepted again."""

    def is_accepted(text: str) -> bool:
        return http.post(TOKEN, data=by_assertion(text)).status_code == 200

    with ThreadPoolExecutor(SIDES) as sides:  # a refusal is put off: one after the other takes long
        return sum(sides.map(is_accepted, book.accepted))


def lock_out(http: httpx.Client, person: Person) -> int:
    """Guess a password until told to wait; for how long, seconds. Raises AssertionError."""
    for _ in range(12):
        answer = http.get(BASIC, auth=(person.email, "wrong"))
        if answer.status_code == 429:
            return int(answer.headers["Retry-After"])
    message = "never told to wait"
    raise AssertionError(message)


def wait_at(http: httpx.Client, person: Person) -> int:
    """How long the right password has to wait, seconds."""
    answer = http.get(BASIC, auth=(person.email, person.password))
    assert answer.status_code in {200, 429}
    return int(answer.headers.get("Retry-After", "0"))


@pytest.mark.timeout(900)
def test_clock_an_hour_ahead_and_back(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> None:
    home, twice, waits, everything = tmp_path_factory.mktemp("clock"), 0, list[int](), Book()
    with (
        Service(home, 2, {}, new_database(), clock_ahead=0) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http,
    ):
        people = [add_person(service) for _ in range(2)]
        load = Load(service, people[0], DOES)
        for number in range(rounds(2, 20)):
            time.sleep(0.3)
            waits.append(lock_out(http, people[number % 2]))
            service.move_clock(0 if number % 2 else HOUR)
            waits += [wait_at(http, person) for person in people]
            book = load.end()
            statuses = {each.status for each in book.seen if each.what == "token"}
            assert statuses == {200}
            everything.add(book)
            twice += replayed(http, everything)
            load = Load(service, add_person(service), DOES)
        everything.add(load.end())
        twice += replayed(http, everything)
    figure(
        f"clock moved by an hour {rounds(2, 20)} times: {twice} of {len(everything.accepted):,} "
        f"assertions accepted twice, nobody waited longer than {max(waits)} s"
    )
    assert twice == 0
    assert everything.accepted
    assert max(waits) <= LONGEST_WAIT
