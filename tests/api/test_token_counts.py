"""How many tokens a credential got: by hour and by day, over workers and restarts, for a month."""

import time
from collections.abc import Mapping

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson, StartService
from tests.people import BASIC, CLIENTS, Credential, add_credential, add_person, client_token
from tests.service import Service

WITHIN = 15  # seconds, generously; each worker writes down every 3
HOUR, DAY = 3600, 86400


def counts(service: Service, app: Credential, bearer: Mapping[str, str]) -> dict[str, list[int]]:
    """The numbers of each hour and each day, oldest first."""
    url = f"{service.url}{CLIENTS}/{app.client_id}/token-counts"
    answer = httpx.get(url, headers=dict(bearer), trust_env=False)
    assert answer.status_code == 200, answer.text
    return {name: [one["tokens"] for one in spans] for name, spans in answer.json().items()}


def test_tokens_are_counted_by_hour_and_by_day(
    service: Service, credential: MakeCredential, http: httpx.Client
) -> None:
    app, other = credential(), credential()
    assert counts(service, app, app.owner.bearer) == {"hours": [0] * 24, "days": [0] * 30}
    for _ in range(7):
        client_token(service, app)
    client_token(service, other)
    wrong = httpx.BasicAuth(app.client_id, other.client_secret)
    refused = http.post(
        "/api/v1/auth/jwt/token", data={"grant_type": "client_credentials"}, auth=wrong
    )
    assert refused.status_code == 401
    until = time.monotonic() + WITHIN
    while time.monotonic() < until and sum(counts(service, app, app.owner.bearer)["days"]) < 7:
        time.sleep(0.2)
    found = counts(service, app, app.owner.bearer)
    assert sum(found["hours"][-2:]) == sum(found["days"][-2:]) == 7
    assert sum(found["hours"][:-2] + found["days"][:-2]) == 0


def test_counts_are_for_the_owner_and_administrators(
    http: httpx.Client, service: Service, app: Credential, person: MakePerson
) -> None:
    path = f"{CLIENTS}/{app.client_id}/token-counts"
    assert http.get(path).status_code == 401
    assert http.get(path, headers=person().bearer).status_code == 404
    assert counts(service, app, person(admin=True).bearer)["hours"]
    assert http.post(path, headers=app.owner.bearer).status_code == 405


def test_counts_of_all_workers_outlive_them_and_end_after_a_month(
    start_service: StartService,
) -> None:
    service = start_service(workers=2)
    app = add_credential(service, add_person(service))
    for _ in range(12):
        client_token(service, app)
    service.stop()
    service.clock_ahead = 25 * HOUR
    service.start()

    def later(days: int) -> dict[str, list[int]]:
        service.move_clock(days * DAY + HOUR)
        basic = httpx.BasicAuth(app.owner.email, app.owner.password)
        token = httpx.get(service.url + BASIC, auth=basic).json()["access_token"]
        return counts(service, app, {"Authorization": f"Bearer {token}"})

    found = later(1)
    assert sum(found["hours"]) == 0
    assert sum(found["days"][-3:]) == 12
    assert sum(later(28)["days"][:2]) == 12  # 28 or 29 dates ago, whatever time of day it is
    assert later(31)["days"] == [0] * 30


@pytest.mark.parametrize("client_id", ["nobody", "%00", "é"])
def test_unknown_credential_is_not_found(
    http: httpx.Client, person: MakePerson, client_id: str
) -> None:
    answer = http.get(f"{CLIENTS}/{client_id}/token-counts", headers=person().bearer)
    assert answer.status_code == 404
