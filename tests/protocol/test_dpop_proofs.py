"""Which DPoP proofs are taken and which are not, at the token endpoint and at a resource."""

import secrets

import pytest

from tests.protocol.proofs import (
    BAD,
    BAD_AT_RESOURCE,
    GOOD,
    Forge,
    Spot,
    at_resource,
    at_token,
    bound_token,
    cases,
    refused_at_resource,
    spot_of,
)
from tests.protocol.table import World


@pytest.fixture(scope="module")
def bound(world: World) -> str:
    """A token that is bound to `EC`, used by many."""
    return bound_token(world)


@cases(BAD)
def test_bad_proof_gets_no_token(forge: Forge, world: World) -> None:
    answer = at_token(world, forge(Spot("POST", world.token_endpoint)))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof"), answer
    assert answer.header("Cache-Control") == "no-store"
    assert set(answer.json()) == {"error", "error_description", "detail"}


@cases(BAD_AT_RESOURCE)
def test_bad_proof_opens_no_resource(forge: Forge, bound: str, world: World) -> None:
    refused_at_resource(
        at_resource(world, bound, forge(spot_of(world, bound))), "invalid_dpop_proof", world
    )


@cases(GOOD)
def test_good_proof_gets_a_bound_token(forge: Forge, world: World) -> None:
    answer = at_token(world, forge(Spot("POST", world.token_endpoint)))
    assert answer.status == 200, answer
    assert answer.json()["token_type"] == "DPoP"  # noqa: S105 - a type's name
    assert answer.header("DPoP-Nonce") is None


@cases(GOOD)
def test_good_proof_opens_the_resource(forge: Forge, bound: str, world: World) -> None:
    answer = at_resource(world, bound, forge(spot_of(world, bound)))
    assert answer.status == 200, answer


def test_random_headers_are_refused_without_a_fault(world: World) -> None:
    for _ in range(20):
        answer = at_token(world, secrets.token_urlsafe(60))
        assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")
