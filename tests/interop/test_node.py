"""Node's `openid-client` and `oauth4webapi`, unchanged: every method, with and without DPoP."""

from typing import Any

import httpx
import pytest

from tests.conftest import MakeCredential, StartService
from tests.interop.node_packages import install, run
from tests.keypair import make
from tests.people import CLIENTS, ME, Credential, add_credential, add_person
from tests.service import Service

PROGRAMS = ("oauth4webapi.mjs", "openid-client.mjs")
METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")
DPOP_ALGS = ("ES256", "Ed25519", "PS256")


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """The packages are there."""
    install()


def task(service: Service, app: Credential, *dpop_algs: str) -> dict[str, Any]:
    """What a program is to do, with a key of the client's own registered."""
    pair = make("ES256")
    keys = {"keys": [{**pair.public, "kid": "k1", "alg": "ES256"}]}
    path = f"{service.url}{CLIENTS}/{app.client_id}/jwks"
    httpx.put(path, json=keys, headers=app.owner.bearer, trust_env=False).raise_for_status()
    return {
        "issuer": service.url,
        "resource": service.url + ME,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "private_jwk": pair.private,
        "alg": "ES256",
        "kid": "k1",
        "methods": METHODS,
        "dpop_algs": dpop_algs,
    }


def right(result: dict[str, Any], app: Credential, *, bound: bool) -> None:
    """Hold what a library made of one token's life against what is true."""
    kind = "dpop" if bound else "bearer"
    assert result["token"]["token_type"] == kind  # both libraries put it in lower case
    assert result["resource"] == 200
    assert result["before"]["active"] is True
    assert result["before"]["client_id"] == app.client_id
    assert result["before"]["token_type"].lower() == kind
    assert ("cnf" in result["before"]) is bound
    assert result["after"] == {"active": False}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_method_with_and_without_dpop(
    program: str, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    found = run(program, task(service, app, *DPOP_ALGS))
    assert found["issuer"] == service.url
    assert len(found["results"]) == len(METHODS) * (1 + len(DPOP_ALGS))
    for name, result in found["results"].items():
        right(result, app, bound=" " in name)


@pytest.mark.parametrize("program", PROGRAMS)
def test_server_that_asks_for_nonces(program: str, start_service: StartService) -> None:
    service = start_service({"dpop_nonces": "on"})
    app = add_credential(service, add_person(service))
    found = run(program, task(service, app, "ES256"))
    assert len(found["results"]) == 2 * len(METHODS)
    for name, result in found["results"].items():
        right(result, app, bound=" " in name)
