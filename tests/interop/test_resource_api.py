"""The example API's own judgement: which tokens it takes, and how it refuses the rest.

RFC 9068 section 4 for the tokens, RFC 6750 section 3 for the answers. Real tokens are taken to it
by the other tests here; these are forged, since no server of ours would sign such things.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.interop.example_api import example_api
from tests.interop.forger import (
    ANOTHER_KEY,
    ISSUER,
    PUBLIC_PEM,
    Members,
    forge,
    forge_by_hmac,
    published_keys,
)
from tests.jws import Literal, b64
from tests.service import HOST, free_port

DAY = 86_400  # seconds


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example API, trusting the forger's keys."""
    log = tmp_path_factory.mktemp("api") / "api.log"
    with published_keys() as keys, example_api(log, ISSUER=ISSUER, JWKS_URI=keys.url) as url:
        yield url


def ask(url: str, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {b"Authorization": authorization.encode("latin-1")}
    return httpx.get(url, headers=headers, trust_env=False, timeout=30)


def refused(answer: httpx.Response) -> None:
    """Hold the answer to a bad token against RFC 6750 section 3.1."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="example", error="invalid_token"'


@pytest.mark.parametrize("audience", [ISSUER, ["https://other.example", ISSUER]])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_takes(api: str, scheme: str, audience: object) -> None:
    answer = ask(api, f"{scheme} {forge({}, {'aud': audience})}")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"sub": "app", "user_id": "owner", "client_id": "app"}


BAD_HEADERS: dict[str, Members] = {
    "typ-JWT": {"typ": "JWT"},
    "typ-absent": {"typ": None},
    "typ-array": {"typ": ["at+jwt"]},
    "alg-absent": {"alg": None},
    "alg-array": {"alg": ["ES256"]},
    "alg-ES384": {"alg": "ES384"},
    "kid-unknown": {"kid": "unknown"},
    "kid-absent": {"kid": None},
    "kid-number": {"kid": 1},
    "crit": {"crit": ["exp"]},
}
BAD_CLAIMS: dict[str, Members] = {
    "iss-other": {"iss": "https://other.example"},
    "iss-with-slash": {"iss": f"{ISSUER}/"},
    "iss-absent": {"iss": None},
    "aud-other": {"aud": "https://other.example"},
    "aud-object": {"aud": {ISSUER: True}},
    "aud-absent": {"aud": None},
    "exp-past": {"exp": int(time.time()) - DAY},
    "exp-word": {"exp": "tomorrow"},
    "exp-NaN": {"exp": Literal("NaN")},
    "exp-infinite": {"exp": Literal("1e400")},
    "exp-absent": {"exp": None},
    "iat-absent": {"iat": None},
    "iat-future": {"iat": int(time.time()) + DAY},
    "nbf-future": {"nbf": int(time.time()) + DAY},
    "sub-absent": {"sub": None},
    "sub-number": {"sub": 1},
    "client_id-absent": {"client_id": None},
    "jti-absent": {"jti": None},
}


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_refuses_headers(api: str, header: Members) -> None:
    refused(ask(api, f"Bearer {forge(header, {})}"))


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
def test_refuses_claims(api: str, claims: Members) -> None:
    refused(ask(api, f"Bearer {forge({}, claims)}"))


def unsigned(header: Members) -> str:
    return forge(header, {}).rpartition(".")[0] + "."


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "another-key": lambda: forge({}, {}, ANOTHER_KEY),
    "signature-absent": lambda: unsigned({}),
    "signature-cut": lambda: forge({}, {})[:-4],
    "alg-none": lambda: unsigned({"alg": "none"}),
    "HS256-with-public-key": lambda: forge_by_hmac({"alg": "HS256"}, PUBLIC_PEM),
    "two-parts": lambda: forge({}, {}).rpartition(".")[0],
    "four-parts": lambda: forge({}, {}) + ".e30",
    "no-JSON": lambda: "e.e.e",
    "deep-JSON": lambda: b64(b"[" * 20_000).decode() + ".e30.e30",
    "not-ASCII": lambda: "tok\xe9n",
    "none": lambda: "",
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_refuses_tokens(api: str, make: Callable[[], str]) -> None:
    refused(ask(api, f"Bearer {make()}".rstrip()))


@pytest.mark.parametrize("authorization", [None, "Basic YTpi", "Bearers x"])
def test_asks_for_a_token(api: str, authorization: str | None) -> None:
    """Without a bearer token the challenge carries no error code (RFC 6750 section 3.1)."""
    answer = ask(api, authorization)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="example"'


def test_unknown_keys_do_not_reach_the_issuer(tmp_path: Path) -> None:
    """Any number of tokens by keys that nobody has, one look at the key set; good tokens go on."""
    log = tmp_path / "api.log"
    with published_keys() as keys, example_api(log, ISSUER=ISSUER, JWKS_URI=keys.url) as url:
        for number in range(20):
            refused(ask(url, f"Bearer {forge({'kid': str(number)}, {})}"))
        assert ask(url, f"Bearer {forge({}, {})}").status_code == 200
        assert keys.asked <= 2  # the second only if all this took longer than the cooldown


def test_without_keys(tmp_path: Path) -> None:
    """While the issuer cannot be reached no token is called bad, and none is taken."""
    nobody = f"http://{HOST}:{free_port()}/"
    with example_api(tmp_path / "api.log", ISSUER=ISSUER, JWKS_URI=nobody) as url:
        answer = ask(url, f"Bearer {forge({}, {})}")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
