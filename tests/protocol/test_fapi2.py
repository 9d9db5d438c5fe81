"""The FAPI 2.0 Security Profile for client credentials, with `private_key_jwt` and DPoP.

One test for each of the fourteen modules that apply in the OpenID Foundation's test plan
`fapi2-security-profile-final-client-credentials-grant-test-plan`, under the module's name. Written
anew from what the modules ask; self-tested, not certified (docs/fapi.md).
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.jws import dump
from tests.keypair import KeyPair, make, proof, proof_claims
from tests.people import CLIENTS, ME, TOKEN, Credential, Person, add_credential, add_person
from tests.protocol.assertions import claims as assertion_claims
from tests.protocol.assertions import now
from tests.protocol.proofs import (
    BAD_AT_RESOURCE,
    EC,
    GOOD,
    at_resource,
    refused_at_resource,
    spot_of,
)
from tests.protocol.table import CLIENT_CREDENTIALS, World, form, secret_jwt
from tests.raw import Answer, Request, send
from tests.service import Service

pytestmark = pytest.mark.clause("FAPI 2.0 Security Profile section 5.3.2")

ALGORITHMS = {"PS256", "ES256", "EdDSA"}  # section 5.4.1
CLIENT_KEY, OTHER_KEY, SENDER = make("PS256"), make("ES256"), make("ES256")


@pytest.fixture(scope="module")
def fapi(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[World]:
    """A server that binds every token, and two clients with keys in place of secrets."""
    home = tmp_path_factory.mktemp("fapi")
    settings = {
        **WITHOUT_THROTTLE,
        "refuse_secrets_with_keys": "on",
        "password_grant": "off",
    }
    service = Service(home, 1, settings, new_database()).start()
    owner = add_person(service)
    first, second = (_with_key(service, owner, pair) for pair in (CLIENT_KEY, OTHER_KEY))
    service.stop()
    service.settings = {**settings, "require_dpop": "on"}
    with service:
        yield World(service, owner, first, second, second)


def _with_key(service: Service, owner: Person, pair: KeyPair) -> Credential:
    app = add_credential(service, owner)
    keys = {"keys": [{**pair.public, "alg": pair.alg}]}
    path = f"{service.url}{CLIENTS}/{app.client_id}/jwks"
    httpx.put(path, json=keys, headers=owner.bearer, trust_env=False).raise_for_status()
    return app


def assertion(w: World, pair: KeyPair = CLIENT_KEY, alg: str = "", /, **changes: Any) -> bytes:
    """An assertion of the first client, with some claims changed."""
    payload = dump(assertion_claims(w, **changes))
    return pair.sign(dump({"alg": alg or pair.alg}), payload, alg)


def ask(w: World, signed: bytes, shown: str | None = "", *more: tuple[str, str]) -> Answer:
    """Ask for a token; with a right DPoP proof unless told another, or None."""
    asked = form(*CLIENT_CREDENTIALS, *secret_jwt(signed), *more)
    if shown == "":
        shown = proof(SENDER, proof_claims("POST", w.token_endpoint))
    headers = asked.headers if shown is None else (*asked.headers, ("DPoP", shown))
    return send(w.service.port, Request("POST", TOKEN, headers, asked.body))


def bound(w: World) -> str:
    """A token by the whole profile."""
    answer = ask(w, assertion(w))
    assert answer.status == 200, answer
    token: str = answer.json()["access_token"]
    return token


def refused(answer: Answer) -> None:
    """What every refused assertion gets."""
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client"), answer


def test_discovery_end_point_verification(fapi: World) -> None:
    url = fapi.issuer + "/.well-known/oauth-authorization-server"
    answer = httpx.get(url, trust_env=False)
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert document["issuer"] == fapi.issuer
    assert document["token_endpoint"] == fapi.token_endpoint
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    signing = document["token_endpoint_auth_signing_alg_values_supported"]
    assert set(signing) >= ALGORITHMS
    assert set(document["dpop_signing_alg_values_supported"]) >= ALGORITHMS
    assert "RS256" not in document["dpop_signing_alg_values_supported"]


def test_happy_flow(fapi: World) -> None:
    answer = ask(fapi, assertion(fapi))
    assert answer.status == 200, answer
    assert answer.json()["token_type"] == "DPoP"  # noqa: S105 - a type's name
    token = answer.json()["access_token"]
    shown = proof(SENDER, proof_claims("GET", fapi.service.url + ME, token))
    assert at_resource(fapi, token, shown).status == 200


def test_access_token_type_header_case_sensitivity(fapi: World) -> None:
    token = bound(fapi)
    shown = proof(SENDER, proof_claims("GET", fapi.service.url + ME, token))
    assert at_resource(fapi, token, shown, scheme="dpOp").status == 200


def test_check_dpop_proof_nbf_exp(fapi: World) -> None:
    times = {"nbf": now(), "exp": now() + 300}
    shown = proof(SENDER, proof_claims("POST", fapi.token_endpoint) | times)
    token = ask(fapi, assertion(fapi), shown).json()["access_token"]
    claims = proof_claims("GET", fapi.service.url + ME, token) | times
    assert at_resource(fapi, token, proof(SENDER, claims)).status == 200


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(-10, id="ensure-dpopproof-with-iat-10seconds-before-succeeds"),
        pytest.param(10, id="ensure-dpopproof-with-iat-10seconds-after-succeeds"),
    ],
)
def test_dpop_proof_with_iat_ten_seconds_off(seconds: int, fapi: World) -> None:
    iat = {"iat": now() + seconds}
    shown = proof(SENDER, proof_claims("POST", fapi.token_endpoint) | iat)
    token = ask(fapi, assertion(fapi), shown).json()["access_token"]
    claims = proof_claims("GET", fapi.service.url + ME, token) | iat
    assert at_resource(fapi, token, proof(SENDER, claims)).status == 200


def test_ensure_client_id_in_token_endpoint(fapi: World) -> None:
    second = fapi.other.client_id
    signed = assertion(fapi, iss=second, sub=second)  # by the first client's key
    refused(ask(fapi, signed, "", ("client_id", second)))


def test_ensure_holder_of_key_required(fapi: World) -> None:
    answer = ask(fapi, assertion(fapi), None)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")


def test_ensure_signed_client_assertion_with_rs256_fails(fapi: World) -> None:
    refused(ask(fapi, assertion(fapi, CLIENT_KEY, "RS256")))


def test_ensure_client_assertion_in_token_endpoint(fapi: World) -> None:
    asked = form(*CLIENT_CREDENTIALS, ("client_id", fapi.app.client_id))
    shown = proof(SENDER, proof_claims("POST", fapi.token_endpoint))
    request = Request("POST", TOKEN, (*asked.headers, ("DPoP", shown)), asked.body)
    refused(send(fapi.service.port, request))


def test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(fapi: World) -> None:
    refused(ask(fapi, assertion(fapi, exp=now() - 300)))


@pytest.mark.parametrize("aud", ["https://as.example/", "{token_endpoint}", "{issuer}/"])
def test_ensure_client_assertion_with_wrong_aud_fails(aud: str, fapi: World) -> None:
    wrong = aud.format(token_endpoint=fapi.token_endpoint, issuer=fapi.issuer)
    refused(ask(fapi, assertion(fapi, aud=wrong)))


def test_ensure_client_assertion_with_no_sub_fails(fapi: World) -> None:
    payload = assertion_claims(fapi)
    del payload["sub"]
    signed = CLIENT_KEY.sign(dump({"alg": "PS256"}), dump(payload))
    refused(ask(fapi, signed))


@pytest.mark.parametrize("name", BAD_AT_RESOURCE)
def test_dpop_negative_tests(name: str, fapi: World, bound_to_proofs: str) -> None:
    _, forge = BAD_AT_RESOURCE[name]
    shown = forge(spot_of(fapi, bound_to_proofs))
    refused_at_resource(at_resource(fapi, bound_to_proofs, shown), "invalid_dpop_proof", fapi)


@pytest.mark.parametrize("name", GOOD)
def test_dpop_negative_tests_that_must_succeed(
    name: str, fapi: World, bound_to_proofs: str
) -> None:
    _, forge = GOOD[name]
    answer = at_resource(fapi, bound_to_proofs, forge(spot_of(fapi, bound_to_proofs)))
    assert answer.status == 200, answer


@pytest.fixture(scope="module")
def bound_to_proofs(fapi: World) -> str:
    """A token that is bound to the key of `tests.protocol.proofs`."""
    shown = proof(EC, proof_claims("POST", fapi.token_endpoint))
    token: str = ask(fapi, assertion(fapi), shown).json()["access_token"]
    return token
