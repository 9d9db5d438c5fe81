"""What an API answers, the same in every framework (RFC 6750 section 3, RFC 9449 section 7.1)."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests import keypair
from tests.interop.forger import forge, published_keys
from tests.sdk.apis import FRAMEWORKS, URL, Send, fastapi_app
from tests.service import HOST, free_port
from tokenhouse_sdk import TokenChecker

SCOPE = "maps.read"
PAIR, ANOTHER = keypair.make(), keypair.make("EdDSA")


@pytest.fixture(scope="module")
def checker() -> Iterator[TokenChecker]:
    """A checker that trusts the forger."""
    with (
        published_keys() as keys,
        TokenChecker(
            f"http://{HOST}:{keys.server_port}", revocations=False, trust_env=False
        ) as one,
    ):
        yield one


@pytest.fixture(params=FRAMEWORKS.keys())
def api(request: pytest.FixtureRequest, checker: TokenChecker) -> Send:
    """The API in one framework."""
    return FRAMEWORKS[request.param](checker, [SCOPE])


Make = Callable[..., str]


@pytest.fixture(scope="module")
def make(checker: TokenChecker) -> Make:
    """Makes tokens that are good but for some claims."""
    base = {"iss": checker.issuer, "aud": checker.issuer, "scope": f"other {SCOPE}"}

    def token(**claims: object) -> str:
        return forge({}, {**base, **claims})

    return token


def bound(make: Make) -> str:
    return make(cnf={"jkt": PAIR.thumbprint})


def test_lets_a_good_token_in(api: Send, make: Make) -> None:
    answer = api("GET", [("Authorization", f"bearer {make()}")])
    assert answer.status_code == 200, answer.text
    assert answer.json()["client_id"] == "app"


@pytest.mark.parametrize("headers", [[], [("Authorization", "Basic YTpi")]], ids=["none", "basic"])
def test_asks_for_a_token(api: Send, headers: list[tuple[str, str]]) -> None:
    answer = api("GET", headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_refuses_a_bad_token(api: Send, make: Make) -> None:
    answer = api("GET", [("Authorization", f"Bearer {make(aud='https://other.example')}")])
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="api", error="invalid_token", error_description="')
    assert answer.json()["detail"] == "The token is for another API."


def test_refuses_a_token_without_the_scope(api: Send, make: Make) -> None:
    answer = api("GET", [("Authorization", f"Bearer {make(scope='maps.readers')}")])
    assert answer.status_code == 403
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert challenge.endswith(f'scope="{SCOPE}"')


@pytest.mark.parametrize("framework", ["fastapi", "starlette"])
def test_refuses_two_tokens(framework: str, checker: TokenChecker, make: Make) -> None:
    api = FRAMEWORKS[framework](checker, [])
    answer = api("GET", [("Authorization", f"Bearer {make()}")] * 2)
    assert answer.status_code == 400
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("framework", FRAMEWORKS.keys())
def test_says_when_it_cannot_tell(framework: str, make: Make) -> None:
    with TokenChecker(f"http://{HOST}:{free_port()}", trust_env=False) as lonely:
        answer = FRAMEWORKS[framework](lonely, [])("GET", [("Authorization", f"Bearer {make()}")])
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "WWW-Authenticate" not in answer.headers


def dpop(token: str, proof: str | None) -> list[tuple[str, str]]:
    shown = [] if proof is None else [("DPoP", proof)]
    return [("Authorization", f"DPoP {token}"), *shown]


def test_lets_a_bound_token_in_with_a_proof_once(api: Send, make: Make) -> None:
    token = bound(make)
    proof = keypair.proof(PAIR, keypair.proof_claims("POST", f"{URL}/", token))
    assert api("POST", dpop(token, proof)).status_code == 200
    again = api("POST", dpop(token, proof))
    assert again.status_code == 401
    assert again.headers["WWW-Authenticate"].startswith(
        'DPoP realm="api", error="invalid_dpop_proof"'
    )


def test_refuses_a_bound_token_that_is_sent_as_a_bearer_token(api: Send, make: Make) -> None:
    answer = api("GET", [("Authorization", f"Bearer {bound(make)}")])
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('DPoP realm="api", error="invalid_token"')


def test_refuses_an_unbound_token_that_is_sent_as_a_bound_one(api: Send, make: Make) -> None:
    token = make()
    proof = keypair.proof(PAIR, keypair.proof_claims("GET", f"{URL}/", token))
    assert api("GET", dpop(token, proof)).status_code == 401


BAD_PROOFS: dict[str, Callable[[str], str | None]] = {
    "none": lambda _: None,
    "no-JWS": lambda _: "x.y.z",
    "htm": lambda token: signed(token, htm="POST"),
    "htu-host": lambda token: signed(token, htu="http://other.example/"),
    "htu-path": lambda token: signed(token, htu=f"{URL}/other"),
    "htu-none": lambda token: signed(token, htu=None),
    "ath": lambda _: signed("another token"),
    "ath-none": lambda token: signed(token, ath=None),
    "old": lambda token: signed(token, iat=int(time.time()) - 3600),
    "early": lambda token: signed(token, iat=int(time.time()) + 3600),
    "iat-none": lambda token: signed(token, iat=None),
    "jti-none": lambda token: signed(token, jti=None),
    "jti-long": lambda token: signed(token, jti="x" * 257),
    "another-key": lambda token: signed(token, pair=ANOTHER),
    "signature": lambda token: signed(token)[:-4],
    "typ": lambda _: PAIR.sign(b'{"typ":"jwt","alg":"ES256"}', b"{}").decode(),
}


def signed(token: str, pair: keypair.KeyPair = PAIR, **changes: Any) -> str:
    claims = {**keypair.proof_claims("GET", f"{URL}/", token), **changes}
    return keypair.proof(pair, {name: value for name, value in claims.items() if value is not None})


@pytest.mark.parametrize("proof", BAD_PROOFS.values(), ids=BAD_PROOFS.keys())
def test_refuses_bad_proofs(checker: TokenChecker, make: Make, proof: Callable[[str], str]) -> None:
    token = bound(make)
    answer = FRAMEWORKS["fastapi"](checker, [])("GET", dpop(token, proof(token)))
    assert answer.status_code == 401
    assert 'error="invalid_dpop_proof"' in answer.headers["WWW-Authenticate"]


def test_fastapi_describes_what_it_asks_for(checker: TokenChecker) -> None:
    document = fastapi_app(checker, []).openapi()
    OpenAPIV31SpecValidator(document).validate()
    assert document["components"]["securitySchemes"] == {
        "AccessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    assert document["paths"]["/"]["get"]["security"] == [{"AccessToken": []}]
