"""The adapter for `requests`: the same tokens, and never to another host."""

import requests

from tests.people import CLIENTS, ME, TOKEN
from tests.sdk.relay import Relay
from tokenhouse_sdk import Credentials
from tokenhouse_sdk.requests import TokenAuth

NO_HEADERS: dict[str, str] = {}


def session(credentials: Credentials) -> requests.Session:
    one = requests.Session()
    one.trust_env = False
    one.auth = TokenAuth(credentials)
    return one


def test_calls_an_api_with_one_token(relay: Relay, credentials: Credentials) -> None:
    with session(credentials) as http:
        assert [http.get(relay.url + ME, timeout=10).status_code for _ in range(3)] == [200] * 3
    assert relay.asked[TOKEN] == 1


def test_a_token_that_an_api_refuses_is_replaced_once(
    relay: Relay, credentials: Credentials
) -> None:
    with session(credentials) as http:
        relay.can(CLIENTS, (401, {}))
        assert http.post(relay.url + CLIENTS, json={"name": "x"}, timeout=10).status_code == 201
        assert relay.asked[TOKEN] == 2
        relay.can(ME, *[(401, NO_HEADERS)] * 9)
        assert [http.get(relay.url + ME, timeout=10).status_code for _ in range(2)] == [401] * 2
    assert (relay.asked[TOKEN], relay.asked[ME]) == (2, 2)


def test_a_body_that_is_gone_is_not_sent_again(relay: Relay, credentials: Credentials) -> None:
    with session(credentials) as http:
        relay.can(CLIENTS, (401, {}))
        body = iter([b"{", b"}"])
        assert http.post(relay.url + CLIENTS, data=body, timeout=10).status_code == 401
    assert relay.asked[CLIENTS] == 1


def test_a_bound_token(relay: Relay, credentials: Credentials) -> None:
    with session(credentials) as http:
        http.auth = TokenAuth(credentials, dpop=True)
        answer = http.get(relay.url + ME, timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.request.headers["Authorization"].startswith("DPoP ")


def test_another_host_is_sent_nothing(relay: Relay, credentials: Credentials) -> None:
    """Not after a redirect, and not when that host asks for it."""
    elsewhere = relay.url.replace("127.0.0.1", "localhost")
    with session(credentials) as http:
        relay.can(CLIENTS, (302, {"Location": f"{elsewhere}{ME}"}))
        relay.can(ME, (401, {"WWW-Authenticate": "Bearer"}))
        answer = http.get(relay.url + CLIENTS, timeout=10)
    assert answer.status_code == 401
    assert answer.url.startswith(elsewhere)
    assert "Authorization" not in answer.request.headers
    assert relay.asked[ME] == 1
