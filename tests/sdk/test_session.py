"""Calling an API: one token for all, renewed, and the right thing after each refusal."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.people import CLIENTS, ME, TOKEN, Credential
from tests.sdk.relay import Relay
from tokenhouse_sdk import (
    AsyncSession,
    Credentials,
    ServiceUnavailable,
    Session,
    TokenAuth,
    TokenChecker,
    TokenhouseError,
    TokenRefused,
)
from tokenhouse_sdk.calling.keeper import TokenKeeper
from tokenhouse_sdk.calling.patience import Patience
from tokenhouse_sdk.calling.token_request import TokenRequest

QUICK = Patience(first=0.01)
MANY = 1000


def test_a_session_calls_an_api_and_its_token_checks(
    relay: Relay, credentials: Credentials, checker: TokenChecker
) -> None:
    with Session(credentials, base_url=relay.url) as session:
        answer = session.get(ME)
        again = session.get(ME)
    assert (answer.status_code, again.status_code) == (200, 200)
    assert relay.asked[TOKEN] == 1
    sent = answer.request.headers["Authorization"]
    claims = checker.check(sent.removeprefix("Bearer "))
    assert claims["client_id"] == credentials.client_id
    assert claims["user_id"] == answer.json()["id"]


def test_a_thousand_tasks_at_once_ask_for_one_token(relay: Relay, credentials: Credentials) -> None:
    """The API that they call is none: httpx itself answers, a thousand times in little time."""
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Authorization"])
        return httpx.Response(200)

    async def all_at_once() -> None:
        api = httpx.MockTransport(answer)
        async with AsyncSession(credentials, transport=api) as session:
            await asyncio.gather(*(session.get("https://api.example/") for _ in range(MANY)))

    asyncio.run(all_at_once())
    assert (len(sent), len(set(sent))) == (MANY, 1)
    assert relay.asked[TOKEN] == 1


def test_threads_and_event_loops_share_one_token(relay: Relay, credentials: Credentials) -> None:
    keeper, barrier = TokenAuth(credentials).keeper, threading.Barrier(30)

    def ask(number: int) -> str:
        barrier.wait(30)
        return (keeper.get() if number % 2 else asyncio.run(keeper.get_async())).value

    with ThreadPoolExecutor(30) as pool:
        assert len(set(pool.map(ask, range(30)))) == 1
    assert relay.asked[TOKEN] == 1


def test_a_task_that_is_cancelled_does_not_take_the_others_with_it(
    relay: Relay, credentials: Credentials
) -> None:
    keeper = TokenAuth(credentials).keeper

    async def cancel_who_leads() -> str:
        leads, *follow = [asyncio.create_task(keeper.get_async()) for _ in range(3)]
        await asyncio.sleep(0)
        leads.cancel()
        follow[0].cancel()
        return (await follow[1]).value

    assert asyncio.run(cancel_who_leads())
    assert relay.asked[TOKEN] <= 2


def test_a_token_that_an_api_refuses_is_replaced_once(
    relay: Relay, credentials: Credentials
) -> None:
    with Session(credentials, base_url=relay.url) as session:
        assert session.get(ME).status_code == 200
        relay.can(ME, (401, {"WWW-Authenticate": "Bearer"}))
        assert session.get(ME).status_code == 200
        assert (relay.asked[TOKEN], relay.asked[ME]) == (2, 3)
        relay.can(ME, *[(401, {"WWW-Authenticate": "Bearer"})] * 10)
        assert [session.get(ME).status_code for _ in range(3)] == [401] * 3
    assert relay.asked[TOKEN] == 2  # who refuses everything makes nobody ask without end


def test_many_who_are_refused_at_once_share_the_fresh_token(
    relay: Relay, credentials: Credentials
) -> None:
    with (
        Session(credentials, base_url=relay.url, timeout=30) as session,
        ThreadPoolExecutor(20) as pool,
    ):
        session.get(ME)
        relay.can(ME, *[(401, {"WWW-Authenticate": "Bearer"})] * 20)
        statuses = [answer.status_code for answer in pool.map(session.get, [ME] * 20)]
    assert statuses.count(200) >= 1
    assert relay.asked[TOKEN] == 2


def test_who_blocks_the_thread_of_a_leading_task_does_not_wait_for_it(
    relay: Relay, credentials: Credentials
) -> None:
    keeper = TokenAuth(credentials).keeper

    async def both() -> set[str]:
        leads = asyncio.create_task(keeper.get_async())
        await asyncio.sleep(0)
        return {keeper.get().value, (await leads).value}

    assert asyncio.run(both())
    assert relay.asked[TOKEN] == 2


def test_a_body_that_is_gone_is_not_sent_again(relay: Relay, credentials: Credentials) -> None:
    with Session(credentials, base_url=relay.url) as session:
        relay.can(CLIENTS, (401, {"WWW-Authenticate": "Bearer"}))
        answer = session.post(CLIENTS, content=(part for part in [b"{", b"}"]))
    assert answer.status_code == 401
    assert relay.asked[CLIENTS] == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_said(
    relay: Relay, credentials: Credentials, status: int
) -> None:
    relay.can(TOKEN, *[(status, {"Retry-After": "0"})] * 2)
    relay.can(ME, (status, {"Retry-After": "0"}))
    with Session(credentials, base_url=relay.url, patience=QUICK) as session:
        assert session.get(ME).status_code == 200
    assert (relay.asked[TOKEN], relay.asked[ME]) == (3, 2)


def test_what_is_done_twice_by_repeating_is_not_repeated(
    relay: Relay, credentials: Credentials
) -> None:
    relay.can(CLIENTS, (503, {"Retry-After": "0"}), (503, {}))
    with Session(credentials, base_url=relay.url, patience=QUICK) as session:
        assert session.post(CLIENTS, json={}).status_code == 503
    assert relay.asked[CLIENTS] == 1


def test_who_is_told_to_wait_too_long_is_told(relay: Relay, credentials: Credentials) -> None:
    relay.can(TOKEN, (503, {"Retry-After": "3600"}))
    with (
        Session(credentials, base_url=relay.url) as session,
        pytest.raises(ServiceUnavailable) as told,
    ):
        session.get(ME)
    assert told.value.retry_after == 3600
    assert relay.asked[TOKEN] == 1


def test_a_service_that_is_away(relay: Relay, credentials: Credentials) -> None:
    relay.away = True
    with (
        Session(credentials, base_url=relay.url, patience=QUICK) as session,
        pytest.raises(ServiceUnavailable, match="cannot be reached"),
    ):
        session.get(ME)
    assert relay.asked[TOKEN] == QUICK.tries


def wrong_secret(made: Credential) -> str:
    return made.client_secret[:-1] + ("a" if made.client_secret[-1] != "a" else "b")


def test_a_refusal_says_what_the_service_said_and_no_secret(relay: Relay, made: Credential) -> None:
    secret = wrong_secret(made)
    credentials = Credentials(relay.url, made.client_id, secret)
    with Session(credentials, base_url=relay.url) as session, pytest.raises(TokenRefused) as told:
        session.get(ME)
    assert (told.value.error, told.value.status) == ("invalid_client", 401)
    assert isinstance(told.value, TokenhouseError)
    assert secret not in f"{told.value!r} {credentials!r} {session.auth!r} {vars(told.value)}"


RENEWERS: dict[str, Callable[[TokenKeeper], str]] = {
    "thread": lambda keeper: keeper.get().value,
    "task": lambda keeper: asyncio.run(keeper.get_async()).value,
}


@pytest.mark.parametrize("renew", RENEWERS.values(), ids=RENEWERS.keys())
def test_a_token_is_renewed_ahead_of_its_end(
    relay: Relay, credentials: Credentials, renew: Callable[[TokenKeeper], str]
) -> None:
    """While that fails, the old one goes on until its end."""
    now = 0.0
    request = TokenRequest(credentials, patience=Patience(tries=1), clock=lambda: now)
    keeper = TokenKeeper(request, {})
    first = renew(keeper)
    now = 700
    assert renew(keeper) == first
    now, relay.away = 820, True
    assert renew(keeper) == first
    assert relay.asked[TOKEN] == 2
    now, relay.away = 830, False
    second = renew(keeper)
    assert second != first
    now, relay.away = 830 + 895, True
    with pytest.raises(ServiceUnavailable):
        renew(keeper)
    assert relay.asked[TOKEN] == 4
