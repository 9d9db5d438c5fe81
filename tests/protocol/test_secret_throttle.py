"""Guessing client secrets: 20 wrong ones of one client from one source in a minute, then a wait.

Contract section 5. The traps: a flood of guesses that locks the rightful program out, a program
that counts as guessing because its clock is wrong, and a limit that shows which clients exist.
"""

import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest

from tests.conftest import StartService
from tests.people import Credential, add_credential, add_person
from tests.protocol.assertions import ahead, right, with_claims, with_key
from tests.protocol.checks import refusal
from tests.protocol.table import (
    CLIENT_CREDENTIALS,
    Row,
    World,
    basic,
    by_basic,
    by_jwt,
    by_post,
    form,
)
from tests.raw import Request, send
from tests.service import Service

pytestmark = pytest.mark.clause("RFC 6749 section 2.3.1")

MOST = 20
LIMIT = {"client_failures_per_source": str(MOST)}
ELSEWHERE = "127.0.0.2"


def make_world(service: Service) -> World:
    """Two credentials of one person on a server of the test's own."""
    someone = add_person(service)
    app, other = (add_credential(service, someone) for _ in range(2))
    return World(service, someone, app, other, other)


@pytest.fixture
def own(start_service: StartService) -> World:
    """A server with the published limit."""
    return make_world(start_service(LIMIT))


def wrong_secret(w: World, app: Credential | None = None) -> Request:
    """A well-formed secret that is another credential's."""
    client_id = (app or w.app).client_id
    return form(*CLIENT_CREDENTIALS, authorization=basic(client_id, w.other.client_secret))


def wrong_signature(w: World) -> Request:
    """An assertion by another secret."""
    return by_jwt(with_key(lambda _: secrets.token_bytes(64))(w))


def statuses(w: World, make: Callable[[World], Request], times: int) -> list[int]:
    """What a request gets, again and again."""
    return [send(w.service.port, make(w)).status for _ in range(times)]


@pytest.mark.parametrize("guess", [wrong_secret, wrong_signature])
def test_after_twenty_wrong_proofs_the_right_one_has_to_wait_too(
    own: World, guess: Callable[[World], Request]
) -> None:
    assert statuses(own, guess, MOST + 2) == [401] * MOST + [429] * 2
    row = Row("", "", by_post, 429, "temporarily_unavailable")
    for request in (by_basic(own, *CLIENT_CREDENTIALS), by_post(own), by_jwt(right(own))):
        answer = send(own.service.port, request)
        refusal(answer, row, request)
        assert 1 <= int(answer.header("Retry-After") or "") <= 60


def test_a_flood_of_guesses_keeps_nobody_else_waiting(own: World) -> None:
    assert statuses(own, wrong_secret, MOST + 1)[-1] == 429
    assert send(own.service.port, by_post(own), ELSEWHERE).status == 200
    other = form(
        *CLIENT_CREDENTIALS,
        ("client_id", own.other.client_id),
        ("client_secret", own.other.client_secret),
    )
    assert send(own.service.port, other).status == 200


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(with_claims(exp=ahead(-120)), id="expired"),
        pytest.param(with_claims(iat=ahead(120)), id="not-yet-issued"),
        pytest.param(with_claims(jti=""), id="without-an-id"),
        pytest.param(with_claims(aud="https://elsewhere.example"), id="for-another-server"),
        pytest.param(with_claims(jti="once"), id="repeated"),
    ],
)
def test_a_rightly_signed_assertion_is_no_guess(own: World, make: Callable[[World], bytes]) -> None:
    send(own.service.port, by_jwt(make(own)))
    assert statuses(own, lambda w: by_jwt(make(w)), MOST + 1) == [401] * (MOST + 1)
    assert send(own.service.port, by_jwt(right(own))).status == 200


def test_right_secrets_between_the_wrong_ones_change_nothing(own: World) -> None:
    for _ in range(MOST - 1):
        assert statuses(own, wrong_secret, 1) == [401]
        assert statuses(own, by_post, 1) == [200]
    assert statuses(own, wrong_secret, 2) == [401, 429]


def test_an_unknown_client_waits_alike(own: World) -> None:
    unknown = Credential(str(uuid4()), own.other.client_secret, own.someone)
    known, nobody = (
        [send(own.service.port, wrong_secret(own, app)) for _ in range(MOST + 1)]
        for app in (own.app, unknown)
    )
    assert [(one.status, one.body) for one in known] == [(one.status, one.body) for one in nobody]
    assert known[-1].status == 429


def test_guesses_on_two_workers_count_together(start_service: StartService) -> None:
    own = make_world(start_service(LIMIT, workers=2))
    with ThreadPoolExecutor(8) as pool:
        guesses = [wrong_secret(own) for _ in range(4 * MOST)]
        found = Counter(one.status for one in pool.map(partial(send, own.service.port), guesses))
    assert found[401] >= MOST
    assert found[429] > 0
    assert set(found) == {401, 429}


def test_the_limit_can_be_switched_off(start_service: StartService) -> None:
    own = make_world(start_service({"client_failures_per_source": "0"}))
    assert statuses(own, wrong_secret, MOST + 5) == [401] * (MOST + 5)
    assert statuses(own, by_post, 1) == [200]
