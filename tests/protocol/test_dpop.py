"""Tokens that are bound to a key of the sender: getting one, and using it (RFC 9449)."""

import pytest

from tests.keypair import make, proof, proof_claims
from tests.people import BASIC, CLIENTS, ME, TOKEN, Credential
from tests.protocol.checks import read_token
from tests.protocol.proofs import (
    AT_RESOURCE,
    CHECK,
    EC,
    OTHER,
    at_resource,
    at_token,
    bound_token,
    refused_at_resource,
)
from tests.protocol.table import CLIENT_CREDENTIALS, World, basic, by_post, form, secret_post
from tests.raw import Request, send

AT_TOKEN, REPLAY = "RFC 9449 section 5", "RFC 9449 section 11.1"


@pytest.fixture(scope="module")
def bound(world: World) -> str:
    """A token that is bound to `EC`, used by many."""
    return bound_token(world)


@pytest.mark.clause("RFC 9449 section 6.1")
@pytest.mark.parametrize("alg", ["ES256", "ES384", "EdDSA", "Ed25519", "PS256"])
def test_token_is_bound_to_the_thumbprint_of_the_key(alg: str, world: World) -> None:
    pair = make(alg)
    token = bound_token(world, pair)
    claims = read_token(world.service, token, "cnf")
    assert claims["cnf"] == {"jkt": pair.thumbprint}
    right = proof(pair, proof_claims("GET", world.service.url + ME, token))
    assert at_resource(world, token, right).status == 200


@pytest.mark.clause(AT_TOKEN)
def test_user_tokens_are_bound_too(world: World) -> None:
    person = world.someone
    shown = proof(EC, proof_claims("GET", world.service.url + BASIC))
    by_basic = send(
        world.service.port,
        Request(
            "GET", BASIC, (("Authorization", basic(person.email, person.password)), ("DPoP", shown))
        ),
    )
    asked = form(
        ("grant_type", "password"), ("username", person.email), ("password", person.password)
    )
    shown = proof(EC, proof_claims("POST", world.token_endpoint))
    by_grant = send(
        world.service.port,
        Request("POST", TOKEN, (*asked.headers, ("DPoP", shown)), asked.body),
    )
    for answer in (by_basic, by_grant):
        assert answer.json()["token_type"] == "DPoP"  # noqa: S105 - a type's name
        claims = read_token(world.service, answer.json()["access_token"], "cnf")
        assert claims["cnf"]["jkt"] == EC.thumbprint


@pytest.mark.clause(CHECK)
def test_two_proofs_are_refused_even_the_same(bound: str, world: World) -> None:
    one, two = (proof(EC, proof_claims("POST", world.token_endpoint)) for _ in range(2))
    for proofs in ((one, one), (one, two)):
        answer = at_token(world, *proofs)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert at_token(world, one).status == 200  # it was not used up
    spot = proof_claims("GET", world.service.url + ME, bound)
    shown = proof(EC, spot)
    refused_at_resource(at_resource(world, bound, shown, shown), "invalid_dpop_proof", world)


@pytest.mark.clause(REPLAY)
def test_proof_counts_once(bound: str, world: World) -> None:
    shown = proof(EC, proof_claims("POST", world.token_endpoint))
    assert at_token(world, shown).status == 200
    answer = at_token(world, shown)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")
    shown = proof(EC, proof_claims("GET", world.service.url + ME, bound))
    assert at_resource(world, bound, shown).status == 200
    refused_at_resource(at_resource(world, bound, shown), "invalid_dpop_proof", world)


@pytest.mark.clause(REPLAY)
def test_same_jti_of_another_key_is_another_proof(world: World) -> None:
    claims = proof_claims("POST", world.token_endpoint)
    assert at_token(world, proof(EC, claims)).status == 200
    assert at_token(world, proof(OTHER, claims)).status == 200


@pytest.mark.clause(REPLAY)
def test_refused_request_uses_no_proof_up(world: World) -> None:
    shown = proof(EC, proof_claims("POST", world.token_endpoint))
    mixed = Credential(world.app.client_id, world.other.client_secret, world.someone)
    asked = form(*CLIENT_CREDENTIALS, *secret_post(mixed))
    headers = (*asked.headers, ("DPoP", shown))
    assert send(world.service.port, Request("POST", TOKEN, headers, asked.body)).status == 401
    assert at_token(world, shown).status == 200


@pytest.mark.clause(AT_RESOURCE)
def test_bound_token_is_refused_as_bearer(bound: str, world: World) -> None:
    right = proof(EC, proof_claims("GET", world.service.url + ME, bound))
    for proofs in ((), (right,)):
        answer = at_resource(world, bound, *proofs, scheme="Bearer")
        assert answer.status == 401
        assert answer.json()["error"] == "invalid_token"
        assert (answer.header("WWW-Authenticate") or "").startswith("Bearer ")


@pytest.mark.clause(AT_RESOURCE)
def test_bound_token_without_proof_is_refused(bound: str, world: World) -> None:
    refused_at_resource(at_resource(world, bound), "invalid_dpop_proof", world)


@pytest.mark.clause(AT_RESOURCE)
def test_proof_of_another_key_is_refused(bound: str, world: World) -> None:
    right = proof(OTHER, proof_claims("GET", world.service.url + ME, bound))
    refused_at_resource(at_resource(world, bound, right), "invalid_token", world)


@pytest.mark.clause(AT_RESOURCE)
def test_bearer_token_is_refused_as_dpop(world: World) -> None:
    token = world.someone.token
    right = proof(EC, proof_claims("GET", world.service.url + ME, token))
    refused_at_resource(at_resource(world, token, right), "invalid_token", world)


@pytest.mark.clause("RFC 9110 section 11.1")
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPOp"])
def test_scheme_is_compared_without_case(scheme: str, bound: str, world: World) -> None:
    right = proof(EC, proof_claims("GET", world.service.url + ME, bound))
    assert at_resource(world, bound, right, scheme=scheme).status == 200


@pytest.mark.clause(CHECK)
@pytest.mark.parametrize("sent", ["GET", "HEAD"])
def test_head_is_not_get(sent: str, bound: str, world: World) -> None:
    for claimed in ("GET", "HEAD"):
        shown = proof(EC, proof_claims(claimed, world.service.url + ME, bound))
        answer = at_resource(world, bound, shown, method=sent)
        assert answer.status == (200 if claimed == sent else 401)


@pytest.mark.clause(CHECK)
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host"])
def test_place_comes_from_the_settings_and_not_from_the_request(header: str, world: World) -> None:
    asked = by_post(world)
    url = world.token_endpoint.replace(f"127.0.0.1:{world.service.port}", "as.example")
    shown = proof(EC, proof_claims("POST", url))
    headers = (*asked.headers, (header, "as.example"), ("DPoP", shown))
    answer = send(world.service.port, Request("POST", TOKEN, headers, asked.body))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.clause(AT_RESOURCE)
def test_whole_management_api_takes_bound_tokens(bound: str, world: World) -> None:
    url = world.service.url + CLIENTS
    shown = proof(EC, proof_claims("POST", url, bound))
    made = at_resource(world, bound, shown, method="POST", path=CLIENTS)
    assert made.status == 201, made
    path = f"{CLIENTS}/{made.json()['client_id']}"
    shown = proof(EC, proof_claims("DELETE", world.service.url + path, bound))
    assert at_resource(world, bound, shown, method="DELETE", path=path).status == 204


@pytest.mark.clause("RFC 7662 section 2.2")
def test_introspection_tells_the_key(bound: str, world: World) -> None:
    asked = form(("token", bound), *secret_post(world.app))
    answer = send(
        world.service.port,
        Request("POST", "/api/v1/auth/jwt/introspect", asked.headers, asked.body),
    ).json()
    assert (answer["active"], answer["token_type"]) == (True, "DPoP")
    assert answer["cnf"] == {"jkt": EC.thumbprint}


@pytest.mark.clause("RFC 7009 section 2")
def test_bound_token_of_a_person_revokes_only_with_its_proof(world: World) -> None:
    person, path = world.someone, "/api/v1/auth/jwt/revoke"
    asked = form(
        ("grant_type", "password"), ("username", person.email), ("password", person.password)
    )
    shown = proof(EC, proof_claims("POST", world.token_endpoint))
    headers = (*asked.headers, ("DPoP", shown))
    mine = send(world.service.port, Request("POST", TOKEN, headers, asked.body)).json()
    token = mine["access_token"]
    body = form(("token", token))
    for scheme, proofs, status in (
        ("Bearer", (), 401),
        ("DPoP", (), 401),
        ("DPoP", (proof(EC, proof_claims("POST", world.service.url + path, token)),), 200),
        ("DPoP", (proof(EC, proof_claims("POST", world.service.url + path, token)),), 401),
    ):
        headers = (
            *body.headers,
            ("Authorization", f"{scheme} {token}"),
            *(("DPoP", one) for one in proofs),
        )
        answer = send(world.service.port, Request("POST", path, headers, body.body))
        assert answer.status == status, (scheme, proofs, answer)


@pytest.mark.clause(AT_TOKEN)
def test_no_proof_gives_a_bearer_token(world: World) -> None:
    assert at_token(world).json()["token_type"] == "bearer"  # noqa: S105 - a type's name
