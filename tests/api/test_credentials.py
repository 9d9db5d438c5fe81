"""App credentials as their owner meets them: made, listed, shown, changed, deleted."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson
from tests.people import CLIENTS, Credential, Person
from tests.raw import Request, send
from tests.service import Service

SECRET = re.compile(r"ths_[A-Za-z0-9_-]{60,}")
NEVER_SHOWN = {"client_secret", "secret", "secret_hash", "password_hash"}


def at(app: Credential | str) -> str:
    """The path of one credential."""
    return f"{CLIENTS}/{app if isinstance(app, str) else app.client_id}"


@pytest.mark.parametrize("path", [CLIENTS, CLIENTS + "/"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no-body"),
        pytest.param({"json": {}}, id="empty-object"),
        pytest.param({"json": {"owner_id": None}}, id="owner-null"),
        pytest.param({"json": {"name": "nightly job"}}, id="name"),
    ],
)
def test_created_credential_shows_its_secret_once(
    path: str, body: dict[str, Any], http: httpx.Client, someone: Person
) -> None:
    answer = http.post(path, headers=someone.bearer, **body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["user_id"] == someone.id
    assert str(UUID(made["client_id"])) == made["client_id"]
    assert SECRET.fullmatch(made["client_secret"])
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    assert httpx.URL(answer.headers["Location"]).path == at(made["client_id"])
    shown = http.get(answer.headers["Location"], headers=someone.bearer)
    assert shown.status_code == 200
    assert shown.json() == {k: v for k, v in made.items() if k != "client_secret"}


def test_secrets_and_ids_never_repeat(credential: MakeCredential, someone: Person) -> None:
    made = [credential(someone) for _ in range(20)]
    assert len({app.client_id for app in made}) == len({app.client_secret for app in made}) == 20
    assert len({app.client_secret[4:20] for app in made}) == 20


def test_list_is_own_without_secrets_and_oldest_first(
    http: httpx.Client, person: MakePerson, credential: MakeCredential, app: Credential
) -> None:
    owner = person()
    assert http.get(CLIENTS, headers=owner.bearer).json() == []
    made = [credential(owner, name=f"number {n}") for n in range(5)]
    answer = http.get(CLIENTS, headers=owner.bearer)
    assert [one["client_id"] for one in answer.json()] == [one.client_id for one in made]
    assert {one["user_id"] for one in answer.json()} == {owner.id}
    assert app.client_id not in answer.text
    assert not any(one.client_secret in answer.text for one in made)
    assert not any(NEVER_SHOWN & set(one) for one in answer.json())


@pytest.mark.parametrize("path", [CLIENTS, CLIENTS + "/"])
def test_list_answers_head_and_with_a_slash(path: str, http: httpx.Client, someone: Person) -> None:
    answer = http.get(path, headers=someone.bearer)
    assert answer.json() == http.get(CLIENTS, headers=someone.bearer).json()
    head = http.head(path, headers=someone.bearer)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == answer.headers["Content-Type"]


def test_one_is_shown_with_and_without_slash_and_by_head(
    http: httpx.Client, app: Credential
) -> None:
    plain, slash = (http.get(at(app) + end, headers=app.owner.bearer) for end in ("", "/"))
    assert plain.json() == slash.json()
    assert plain.json()["client_id"] == app.client_id
    head = http.head(at(app), headers=app.owner.bearer)
    assert (head.status_code, head.content) == (200, b"")


def test_times_are_rfc_3339_in_utc(http: httpx.Client, app: Credential) -> None:
    text = http.get(at(app), headers=app.owner.bearer).json()["created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text)
    made = datetime.fromisoformat(text)
    assert abs(datetime.now(made.tzinfo) - made) < timedelta(minutes=10)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"name": "новое имя"}, {"name": "новое имя"}),
        ({"name": ""}, {"name": ""}),
        ({"description": "what it is for"}, {"description": "what it is for"}),
        ({"disabled": True}, {"disabled": True}),
        ({"auth_methods": ["client_secret_jwt"]}, {"auth_methods": ["client_secret_jwt"]}),
        ({"parent_id": None}, {"parent_id": None}),
        ({"expires_at": "2099-01-01T00:00:00Z"}, {"expires_at": "2099-01-01T00:00:00Z"}),
        ({"expires_at": "2099-01-01T02:00:00+02:00"}, {"expires_at": "2099-01-01T00:00:00Z"}),
        ({"expires_at": None}, {"expires_at": None}),
        ({"name": "a", "description": "b"}, {"name": "a", "description": "b"}),
        ({}, {}),
    ],
    ids=[
        "name",
        "name-empty",
        "description",
        "disabled",
        "auth-methods",
        "parent-null",
        "expires-at",
        "expires-at-offset",
        "expires-at-null",
        "two",
        "nothing",
    ],
)
def test_change_changes_what_was_named_and_nothing_else(
    changes: dict[str, Any], shown: dict[str, Any], http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential(name="before", description="text")
    before = http.get(at(app), headers=app.owner.bearer).json()
    answer = http.patch(at(app), json=changes, headers=app.owner.bearer)
    assert answer.status_code == 200, answer.text
    assert answer.json() == before | shown
    assert http.get(at(app), headers=app.owner.bearer).json() == before | shown


def test_expiry_can_be_cleared(http: httpx.Client, credential: MakeCredential) -> None:
    app = credential(expires_at="2099-01-01T00:00:00Z")
    cleared = http.patch(at(app), json={"expires_at": None}, headers=app.owner.bearer)
    assert cleared.json()["expires_at"] is None


@pytest.mark.parametrize("end", ["", "/"])
def test_deleted_credential_is_gone(
    end: str, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    answer = http.delete(at(app) + end, headers=app.owner.bearer)
    assert (answer.status_code, answer.content) == (204, b"")
    assert http.get(CLIENTS, headers=app.owner.bearer).json() == []
    assert http.get(at(app), headers=app.owner.bearer).status_code == 404


@pytest.mark.clause("RFC 9110 section 10.2.1")
@pytest.mark.parametrize("path", [CLIENTS, f"{CLIENTS}/{UUID(int=0)}"])
def test_other_methods_are_refused_with_what_is_allowed(
    path: str, http: httpx.Client, someone: Person
) -> None:
    answer = http.put(path, json={}, headers=someone.bearer)
    assert answer.status_code == 405
    assert answer.json()["detail"]
    here = {"GET", "HEAD"} | ({"POST"} if path == CLIENTS else {"PATCH", "DELETE"})
    assert set(answer.headers["Allow"].split(", ")) == here


def test_location_is_not_written_by_the_request(service: Service, someone: Person) -> None:
    headers = (
        ("Host", "as.example"),
        ("X-Forwarded-Host", "as.example"),
        ("Authorization", f"Bearer {someone.token}"),
    )
    answer = send(service.port, Request("POST", CLIENTS, headers))
    assert answer.status == 201
    assert "as.example" not in str(answer.header("Location"))
