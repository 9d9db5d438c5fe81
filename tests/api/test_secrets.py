"""Rotating a secret: two that work, one that ends to the second, and evidence of their use.

Contract sections 1.4 and 2. The trap: a cache or a purge that lets an old secret live on, on the
one worker that has not heard of its end.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson, StartService
from tests.people import CLIENTS, Credential, Person, add_credential, add_person, client_token
from tests.proofs import rotate, secrets_of, statuses, with_secret
from tests.service import Service

DAY = 86_400
FLUSHED = 5  # seconds within which a use is written down


def listed(http: httpx.Client, app: Credential) -> list[dict[str, Any]]:
    """The secrets as their owner sees them."""
    answer = http.get(secrets_of(app), headers=app.owner.bearer)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def until(seen: Callable[[], object]) -> None:
    """Wait for what is written down in the background; raises AssertionError."""
    end = time.monotonic() + FLUSHED + 10  # a loaded machine may be late
    while not seen():
        assert time.monotonic() < end, "not written down"
        time.sleep(0.1)


def seconds(later: str, earlier: str) -> float:
    """From one time of an answer to another."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def test_new_secret_is_shown_once_and_both_work_by_every_method(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    answer = http.post(secrets_of(app), json={"label": "spring"}, headers=app.owner.bearer)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    assert set(made) == {"secret_id", "client_secret", "label", "created_at", "expires_at"}
    assert str(UUID(made["secret_id"])) == made["secret_id"]
    assert (made["label"], made["expires_at"]) == ("spring", None)
    assert statuses(service, app) == {200}
    assert statuses(service, with_secret(app, made["client_secret"])) == {200}
    old, new = listed(http, app)
    assert [old["label"], new["label"]] == ["", "spring"]
    assert [old["hint"], new["hint"]] == [app.client_secret[-4:], made["client_secret"][-4:]]
    assert new["secret_id"] == made["secret_id"]
    assert seconds(old["expires_at"], new["created_at"]) == pytest.approx(DAY, abs=0.001)
    shown = http.get(secrets_of(app), headers=app.owner.bearer).text
    assert not any(one in shown for one in (app.client_secret, made["client_secret"]))


@pytest.mark.parametrize("body", [None, {}, {"label": ""}], ids=["no-body", "empty", "no-label"])
def test_overlap_is_a_day_unless_told_otherwise(
    body: object, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    more = {} if body is None else {"json": body}
    made = http.post(secrets_of(app), headers=app.owner.bearer, **more).json()  # type: ignore[arg-type]  # - httpx takes any JSON
    assert seconds(listed(http, app)[0]["expires_at"], made["created_at"]) == pytest.approx(
        DAY, abs=0.001
    )


def test_old_secret_ends_at_once_when_asked(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    new = rotate(http, app, old_secret_expires_in=0)
    assert statuses(service, app) == {401}
    assert statuses(service, new) == {200}
    assert [one["hint"] for one in listed(http, app)] == [new.client_secret[-4:]]


def test_all_old_secrets_end_at_once_when_asked(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    first = credential()
    second = rotate(http, first)
    third = rotate(http, first, old_secret_expires_in=0)
    assert [statuses(service, one) for one in (first, second, third)] == [{401}, {401}, {200}]


def test_overlap_never_lengthens_a_life(http: httpx.Client, credential: MakeCredential) -> None:
    app = credential()
    rotate(http, app, old_secret_expires_in=60)
    before = listed(http, app)
    path = f"{secrets_of(app)}/{before[1]['secret_id']}"
    assert http.delete(path, headers=app.owner.bearer).status_code == 204
    rotate(http, app, old_secret_expires_in=90 * DAY)
    assert listed(http, app)[0] == before[0]


def test_old_secret_ends_on_time_on_every_worker(start_service: StartService) -> None:
    service = start_service(workers=2)
    app = add_credential(service, add_person(service))
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        new = rotate(http, app, old_secret_expires_in=2)
        end = datetime.fromisoformat(listed(http, app)[0]["expires_at"]).timestamp()
    assert statuses(service, app) == {200} or time.time() >= end
    time.sleep(max(0, end - time.time()))
    for _ in range(10):  # each request is on a connection of its own, so on either worker
        assert statuses(service, app) == {401}
        assert statuses(service, new) == {200}


def test_a_third_live_secret_is_refused(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    second = rotate(http, app)
    answer = http.post(secrets_of(app), headers=app.owner.bearer)
    assert answer.status_code == 409
    assert "2 at most" in answer.json()["detail"]
    assert len(listed(http, app)) == 2
    assert statuses(service, app) == statuses(service, second) == {200}


def test_how_many_there_may_be_is_a_setting(start_service: StartService) -> None:
    service = start_service({"max_secrets": "3"})
    app = add_credential(service, add_person(service))
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        all_ = [app, rotate(http, app), rotate(http, app)]
        assert http.post(secrets_of(app), headers=app.owner.bearer).status_code == 409
        assert [statuses(service, one) for one in all_] == [{200}] * 3


@pytest.mark.parametrize(
    "body",
    [
        {"old_secret_expires_in": -1},
        {"old_secret_expires_in": 90 * DAY + 1},
        {"old_secret_expires_in": 1.5},
        {"old_secret_expires_in": "60"},
        {"old_secret_expires_in": True},
        {"old_secret_expires_in": None},
        {"label": None},
        {"label": "a" * 201},
        {"client_secret": "ths_of-my-own"},
        {"expires_at": None},
    ],
    ids=str,
)
def test_wrong_rotation_is_refused_and_changes_nothing(
    body: dict[str, object], http: httpx.Client, app: Credential
) -> None:
    before = listed(http, app)
    answer = http.post(secrets_of(app), json=body, headers=app.owner.bearer)
    assert answer.status_code == 422
    (name,) = body
    assert answer.json()["detail"][0]["loc"] == ["body", name]
    assert [one["secret_id"] for one in listed(http, app)] == [one["secret_id"] for one in before]


def test_deleted_secret_is_refused_at_once_and_the_other_stays(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    new = rotate(http, app)
    path = f"{secrets_of(app)}/{listed(http, app)[0]['secret_id']}"
    assert http.delete(path, headers=app.owner.bearer).status_code == 204
    assert (statuses(service, app), statuses(service, new)) == ({401}, {200})
    assert len(listed(http, app)) == 1
    assert http.delete(path, headers=app.owner.bearer).status_code == 404


def test_last_secret_is_not_deleted(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    (only,) = listed(http, app)
    answer = http.delete(f"{secrets_of(app)}/{only['secret_id']}", headers=app.owner.bearer)
    assert answer.status_code == 409
    assert "last means" in answer.json()["detail"]
    assert statuses(service, app) == {200}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_secrets_of_another_are_the_404_of_an_unknown_one(
    method: str, http: httpx.Client, app: Credential, person: MakePerson
) -> None:
    stranger, (known,) = person(), listed(http, app)[:1]
    end = f"/{known['secret_id']}" if method == "DELETE" else ""
    unknown = "5b6e0c1f-7d0a-4c57-9f5e-2a8d3f1c6be4"
    answers = [
        http.request(method, path, headers=stranger.bearer)
        for path in (secrets_of(app) + end, f"{CLIENTS}/{unknown}/secrets{end}")
    ]
    if method == "DELETE":
        own = f"{secrets_of(app)}/{unknown}"
        answers.append(http.delete(own, headers=app.owner.bearer))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert listed(http, app)[0]["secret_id"] == known["secret_id"]


def test_secret_of_one_credential_is_not_deleted_through_another(
    http: httpx.Client, credential: MakeCredential, someone: Person
) -> None:
    one, other = credential(someone), credential(someone)
    rotate(http, other)
    theirs = listed(http, other)[0]["secret_id"]
    answer = http.delete(f"{secrets_of(one)}/{theirs}", headers=someone.bearer)
    assert answer.status_code == 404
    assert len(listed(http, other)) == 2


def test_admin_rotates_the_secret_of_another(
    http: httpx.Client, service: Service, app: Credential, person: MakePerson
) -> None:
    admin = person(admin=True)
    answer = http.post(secrets_of(app), headers=admin.bearer)
    assert answer.status_code == 201
    made = answer.json()
    assert statuses(service, with_secret(app, made["client_secret"])) == {200}
    path = f"{secrets_of(app)}/{made['secret_id']}"
    assert http.delete(path, headers=admin.bearer).status_code == 204


def test_program_rotates_its_own_secret(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    bearer = {"Authorization": f"Bearer {client_token(service, app)}"}
    answer = http.post(secrets_of(app), json={"old_secret_expires_in": 0}, headers=bearer)
    assert answer.status_code == 201
    assert statuses(service, app) == {401}
    assert statuses(service, with_secret(app, answer.json()["client_secret"])) == {200}


def test_use_is_written_down_with_its_time_and_address(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    new = rotate(http, app)
    assert [one["last_used_at"] for one in listed(http, app)] == [None, None]
    assert not any(one["safe_to_delete"] for one in listed(http, app))
    before = time.time()
    client_token(service, new)
    until(lambda: listed(http, app)[1]["last_used_at"])
    old, used = listed(http, app)
    assert before <= datetime.fromisoformat(used["last_used_at"]).timestamp() <= time.time()
    assert used["last_used_from"] == "127.0.0.1"
    assert old["last_used_at"] is None
    assert [old["safe_to_delete"], used["safe_to_delete"]] == [True, False]
    shown = http.get(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).json()
    assert shown["last_used_at"] == used["last_used_at"]
    every = http.get(CLIENTS, headers=app.owner.bearer).json()
    assert [one["last_used_at"] for one in every if one == shown] == [used["last_used_at"]]


def test_old_secret_in_use_is_not_safe_to_delete(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    new = rotate(http, app)
    for one in (app, new):
        client_token(service, one)
    until(lambda: all(one["last_used_at"] for one in listed(http, app)))
    assert [one["safe_to_delete"] for one in listed(http, app)] == [False, False]


def test_refused_proof_is_no_use(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app, other = credential(), credential()
    assert statuses(service, with_secret(app, other.client_secret)) == {401}
    client_token(service, other)
    until(lambda: listed(http, other)[0]["last_used_at"])
    assert listed(http, app)[0]["last_used_at"] is None


def test_use_is_written_down_when_the_server_ends(start_service: StartService) -> None:
    service = start_service(workers=2)
    app = add_credential(service, add_person(service))
    for _ in range(6):
        client_token(service, app)
    service.stop()
    service.start()
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        assert listed(http, app)[0]["last_used_at"] is not None
