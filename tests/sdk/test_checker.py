"""Which tokens the checker takes, what it asks of the issuer, and what it does without one."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.interop.forger import (
    ANOTHER_KEY,
    PUBLIC_PEM,
    Members,
    forge,
    forge_by_hmac,
    published_keys,
)
from tests.interop.forger import KeySet as Published
from tests.interop.test_resource_api import BAD_CLAIMS, BAD_HEADERS
from tests.jws import b64
from tests.people import CLIENTS, Credential
from tests.sdk.relay import Relay
from tests.service import HOST, free_port
from tokenhouse_sdk import (
    Credentials,
    InvalidToken,
    ServiceUnavailable,
    TokenAuth,
    TokenChecker,
)

JWKS, REVOCATIONS = "/.well-known/jwks.json", "/.well-known/revocations"


@pytest.fixture(scope="module")
def published() -> Iterator[Published]:
    """An issuer that signs anything."""
    with published_keys() as keys:
        yield keys


def issuer_of(published: Published) -> str:
    return f"http://{HOST}:{published.server_port}"


@pytest.fixture(scope="module")
def strict(published: Published) -> Iterator[TokenChecker]:
    """A checker that trusts it."""
    with TokenChecker(issuer_of(published), revocations=False, trust_env=False) as one:
        yield one


def forged(strict: TokenChecker, header: Members, claims: Members) -> str:
    """A token for this checker that is good but for these members."""
    return forge(header, {"iss": strict.issuer, "aud": strict.issuer, **claims})


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_takes(strict: TokenChecker, typ: str) -> None:
    aud = ["https://other.example", strict.issuer]
    assert strict.check(forged(strict, {"typ": typ}, {"aud": aud}))["aud"] == aud


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_refuses_headers(strict: TokenChecker, header: Members) -> None:
    with pytest.raises(InvalidToken):
        strict.check(forged(strict, header, {}))


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_refuses_claims(strict: TokenChecker, claims: Members) -> None:
    with pytest.raises(InvalidToken):
        strict.check(forged(strict, {}, claims))


BAD_TOKENS: dict[str, Callable[[TokenChecker], str]] = {
    "another-key": lambda one: forge({}, {"iss": one.issuer, "aud": one.issuer}, ANOTHER_KEY),
    "signature-absent": lambda one: forged(one, {}, {}).rpartition(".")[0] + ".",
    "signature-cut": lambda one: forged(one, {}, {})[:-4],
    "alg-none": lambda one: forged(one, {"alg": "none"}, {}).rpartition(".")[0] + ".",
    "HS256-with-public-key": lambda _: forge_by_hmac({"alg": "HS256"}, PUBLIC_PEM),
    "four-parts": lambda one: forged(one, {}, {}) + ".e30",
    "no-JSON": lambda _: "e.e.e",
    "deep-JSON": lambda _: b64(b"[" * 5_000).decode() + ".e30.e30",
    "long": lambda one: forged(one, {}, {"more": "x" * 9_000}),
    "not-ASCII": lambda _: "tok\xe9n",
    "bound-to-a-key": lambda one: forged(one, {}, {"cnf": {"jkt": "x"}}),
    "bound-otherwise": lambda one: forged(one, {}, {"cnf": {"x5t#S256": "x"}}),
    "none": lambda _: "",
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_refuses_tokens(strict: TokenChecker, make: Callable[[TokenChecker], str]) -> None:
    with pytest.raises(InvalidToken):
        strict.check(make(strict))


def test_unknown_keys_do_not_reach_the_issuer(strict: TokenChecker, published: Published) -> None:
    strict.check(forged(strict, {}, {}))
    before = published.asked
    for number in range(50):
        with pytest.raises(InvalidToken, match="unknown key"):
            strict.check(forged(strict, {"kid": str(number)}, {}))
    assert strict.check(forged(strict, {}, {}))
    assert published.asked <= before + 1  # only if all this took longer than the cool-down


def test_without_the_issuer_no_token_is_called_bad() -> None:
    with (
        TokenChecker(f"http://{HOST}:{free_port()}", trust_env=False) as lonely,
        pytest.raises(ServiceUnavailable),
    ):
        lonely.check(forged(lonely, {}, {}))


def token_of(credentials: Credentials) -> str:
    return TokenAuth(credentials).keeper.get().value


def wait_until(happened: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, f"not within {seconds} s"
        time.sleep(0.1)


def is_refused(checker: TokenChecker, token: str) -> bool:
    try:
        checker.check(token)
    except InvalidToken as error:
        return "revoked" in str(error)
    return False


def test_tokens_of_a_deleted_credential_are_refused_from_the_next_look_on(
    relay: Relay, checker: TokenChecker, made: Credential, credentials: Credentials
) -> None:
    """And before that the feed is asked for again by its tag; without the issuer all goes on."""
    token, other = token_of(credentials), made.owner.token
    assert checker.check(token)["client_id"] == made.client_id
    wait_until(lambda: relay.statuses[REVOCATIONS, 304] > 0, 30)
    url = f"{relay.target}{CLIENTS}/{made.client_id}"
    httpx.delete(url, headers=made.owner.bearer, trust_env=False).raise_for_status()
    wait_until(lambda: is_refused(checker, token), 10)
    assert checker.check(other)
    relay.away = True
    before = relay.asked[REVOCATIONS]
    wait_until(lambda: relay.asked[REVOCATIONS] > before, 30)
    assert checker.check(other)
    assert is_refused(checker, token)


def test_a_checker_that_begins_knows_what_was_revoked(
    relay: Relay, checker: TokenChecker, made: Credential, credentials: Credentials
) -> None:
    token = token_of(credentials)
    url = f"{relay.target}{CLIENTS}/{made.client_id}"
    httpx.delete(url, headers=made.owner.bearer, trust_env=False).raise_for_status()
    assert is_refused(checker, token)


def test_a_checker_can_be_asked_by_many_at_once_and_fetches_once(
    relay: Relay, credentials: Credentials
) -> None:
    token = token_of(credentials)
    with TokenChecker(relay.url, trust_env=False) as checker, ThreadPoolExecutor(20) as pool:
        found = list(pool.map(checker.check, [token] * 100))
    assert {claims["client_id"] for claims in found} == {credentials.client_id}
    assert (relay.asked[JWKS], relay.asked[REVOCATIONS]) == (1, 1)
