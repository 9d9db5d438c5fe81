"""Revoke, then use: the first use afterwards is refused, whichever worker it reaches (RFC 7009)."""

from contextlib import ExitStack

import httpx

from tests.conftest import StartService
from tests.faults import figure, rounds
from tests.people import ME, TOKEN, Credential, add_credential, add_person

REVOKE = "/api/v1/auth/jwt/revoke"
CONNECTIONS = 8  # kept alive; the kernel spreads them over the workers


def new_token(http: httpx.Client, app: Credential) -> str:
    """A token by client_credentials."""
    form = {"grant_type": "client_credentials"}
    answer = http.post(TOKEN, data=form, auth=(app.client_id, app.client_secret))
    token: str = answer.json()["access_token"]
    return token


def test_first_use_after_revocation_is_refused(start_service: StartService) -> None:
    service = start_service(workers=2)
    app = add_credential(service, add_person(service))
    asked = rounds(200, 10_000)
    refused, token = 0, ""
    with ExitStack() as stack:
        pool = [
            stack.enter_context(httpx.Client(base_url=service.url, trust_env=False, timeout=30))
            for _ in range(CONNECTIONS)
        ]
        for number in range(asked):
            here, there = pool[number % CONNECTIONS], pool[(number + 1) % CONNECTIONS]
            token = new_token(here, app)
            assert there.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code == 200
            form, auth = {"token": token}, (app.client_id, app.client_secret)
            assert here.post(REVOKE, data=form, auth=auth).status_code == 200
            used = there.get(ME, headers={"Authorization": f"Bearer {token}"})
            refused += used.status_code == 401
    figure(f"revoked tokens refused at their next use: {refused} of {asked}, two workers")
    assert refused == asked
    service.kill9()
    service.start()
    answer = httpx.get(service.url + ME, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code == 401
