"""Guessing passwords: how many guesses one gets, and that nobody is locked out by another's.

Contract section 5. The traps: parallel guesses that are checked before any is counted, a limit
that shows which accounts exist, and a header by which anybody chooses where he comes from.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from tests.conftest import StartService
from tests.people import BASIC, Person, add_person
from tests.protocol.checks import refusal
from tests.protocol.table import Row, basic, form
from tests.raw import Answer, Request, send
from tests.service import Service

pytestmark = pytest.mark.clause("RFC 6749 section 10.7")

PER_ACCOUNT, PER_SOURCE = 10, 100
LIMITS = {
    "login_failures_per_account": str(PER_ACCOUNT),
    "login_failures_per_source": str(PER_SOURCE),
}
FIRST_WAIT = 4  # seconds
ELSEWHERE = "127.0.0.2"
FORWARDED = "X-Forwarded-For"
EVENTS = "/api/v1/audit-events"


def by_grant(email: str, password: str, *headers: tuple[str, str]) -> Request:
    """The password grant."""
    asked = form(("grant_type", "password"), ("username", email), ("password", password))
    return Request(asked.method, asked.target, (*asked.headers, *headers), asked.body)


def by_basic(email: str, password: str, *headers: tuple[str, str]) -> Request:
    """The Basic route."""
    return Request("GET", BASIC, (("Authorization", basic(email, password)), *headers))


def slow_down(answer: Answer, request: Request) -> int:
    """Hold a refusal against what says "wait"; how long, seconds."""
    refusal(answer, Row("", "", lambda _: request, 429, "temporarily_unavailable"), request)
    wait = int(answer.header("Retry-After") or "")
    assert 1 <= wait <= 60
    return wait


def guess(service: Service, email: str, times: int, source: str = "127.0.0.1") -> list[int]:
    """The statuses of wrong guesses, one after the other, by both routes in turn."""
    routes = (by_grant, by_basic)
    return [
        send(service.port, routes[one % 2](email, f"wrong guess {one}"), source).status
        for one in range(times)
    ]


@pytest.fixture
def service(start_service: StartService) -> Service:
    """A server with the published limits."""
    return start_service(LIMITS)


@pytest.fixture
def someone(service: Service) -> Person:
    """A person on that server."""
    return add_person(service)


def test_after_ten_failures_the_right_password_has_to_wait_too(
    service: Service, someone: Person
) -> None:
    assert guess(service, someone.email, PER_ACCOUNT + 2) == [400] * PER_ACCOUNT + [429] * 2
    rights = [route(someone.email, someone.password) for route in (by_grant, by_basic)]
    waits = [slow_down(send(service.port, right), right) for right in rights]
    seen = httpx.get(f"{service.url}{EVENTS}", headers=someone.bearer, trust_env=False).json()
    throttled = [one["details"] for one in seen if one["action"] == "sign_in.throttled"]
    assert throttled == [{"seconds": FIRST_WAIT}]
    right = rights[-1]
    time.sleep(waits[-1])
    assert send(service.port, right).status == 200
    assert guess(service, someone.email, PER_ACCOUNT) == [400] * PER_ACCOUNT


def test_the_wait_grows(service: Service, someone: Person) -> None:
    guess(service, someone.email, PER_ACCOUNT)
    wrong = by_basic(someone.email, "one more wrong guess")
    first = slow_down(send(service.port, wrong), wrong)
    time.sleep(first)
    assert send(service.port, wrong).status == 400
    assert slow_down(send(service.port, wrong), wrong) > first


def test_another_source_is_not_locked_out(service: Service, someone: Person) -> None:
    assert guess(service, someone.email, PER_ACCOUNT + 1)[-1] == 429
    right = by_basic(someone.email, someone.password)
    assert send(service.port, right, ELSEWHERE).status == 200
    assert send(service.port, right).status == 429


def test_another_account_of_the_same_source_is_not_locked_out(
    service: Service, someone: Person
) -> None:
    other = add_person(service)
    assert guess(service, other.email, PER_ACCOUNT + 1)[-1] == 429
    assert send(service.port, by_basic(someone.email, someone.password)).status == 200


def test_an_unknown_account_waits_alike(service: Service, someone: Person) -> None:
    answers = [
        [send(service.port, by_basic(email, "wrong guess")) for _ in range(PER_ACCOUNT + 1)]
        for email in (someone.email, "nobody@people.example")
    ]
    known, unknown = ([(one.status, one.body) for one in tried] for tried in answers)
    assert known == unknown
    assert known[-1][0] == 429


@pytest.mark.parametrize("spelling", [str.upper, str.title])
def test_spelling_an_address_otherwise_gives_no_more_guesses(
    service: Service, someone: Person, spelling: type[str]
) -> None:
    assert guess(service, someone.email, PER_ACCOUNT) == [400] * PER_ACCOUNT
    assert guess(service, spelling(someone.email), 1) == [429]


def test_parallel_guesses_on_two_workers_get_no_more_tries(start_service: StartService) -> None:
    service = start_service(LIMITS, workers=2)
    email = add_person(service).email
    wrong = [by_grant(email, f"parallel guess {one}") for one in range(60)]
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        tried = Counter(pool.map(partial(tried_in_the_end, service), wrong))
    waited = int((time.monotonic() - began) / FIRST_WAIT)  # a slow machine sits through some
    assert PER_ACCOUNT <= tried[400] <= PER_ACCOUNT + waited
    assert set(tried) == {400, 429}


def tried_in_the_end(service: Service, request: Request) -> int:
    """The status when the server was not too busy to look."""
    while (status := send(service.port, request).status) == 503:
        time.sleep(0.05)
    return status


def test_spraying_many_accounts_from_one_source_has_to_wait(start_service: StartService) -> None:
    most = 15
    service = start_service({**LIMITS, "login_failures_per_source": str(most)})
    someone = add_person(service)
    tried = [guess(service, f"{one}@people.example", 1)[0] for one in range(most + 2)]
    assert tried == [400] * most + [429] * 2
    right = by_basic(someone.email, someone.password)
    assert send(service.port, right).status == 429
    assert send(service.port, right, ELSEWHERE).status == 200


def test_signing_in_takes_back_no_failures_of_other_accounts(start_service: StartService) -> None:
    most = 6
    service = start_service({**LIMITS, "login_failures_per_source": str(most)})
    someone = add_person(service)
    right = by_basic(someone.email, someone.password)
    for one in range(most):
        assert send(service.port, right).status == 200
        assert guess(service, f"{one}@people.example", 1) == [400]
    assert send(service.port, right).status == 429


def test_a_forwarded_header_of_just_anybody_moves_nothing(
    service: Service, someone: Person
) -> None:
    answers = [
        send(service.port, by_basic(someone.email, "wrong guess", (FORWARDED, f"192.0.2.{one}")))
        for one in range(PER_ACCOUNT + 1)
    ]
    assert [answer.status for answer in answers] == [400] * PER_ACCOUNT + [429]


@pytest.mark.parametrize(
    ("same", "other"),
    [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("::ffff:192.0.2.1", "192.0.2.2"),
        ("198.51.100.9, 192.0.2.1", "192.0.2.1, 198.51.100.9"),
    ],
)
def test_a_trusted_proxy_says_where_a_request_comes_from(
    start_service: StartService, same: str, other: str
) -> None:
    service = start_service({**LIMITS, "trusted_proxies": "127.0.0.1"})
    someone = add_person(service)
    wrong = by_basic(someone.email, "wrong guess", (FORWARDED, same))
    tried = [send(service.port, wrong).status for _ in range(PER_ACCOUNT + 1)]
    assert tried == [400] * PER_ACCOUNT + [429]
    right = by_basic(someone.email, someone.password, (FORWARDED, other))
    assert send(service.port, right).status == 200


def test_a_network_of_version_6_is_one_source(start_service: StartService) -> None:
    service = start_service({**LIMITS, "trusted_proxies": "127.0.0.1"})
    someone = add_person(service)
    tried = [
        send(
            service.port,
            by_basic(someone.email, "wrong guess", (FORWARDED, f"2001:db8:1:2:{one:x}::{one:x}")),
        ).status
        for one in range(PER_ACCOUNT + 1)
    ]
    assert tried == [400] * PER_ACCOUNT + [429]
