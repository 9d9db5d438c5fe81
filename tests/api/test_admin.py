"""Whose credentials one may make and reach: one's own, and an admin everyone's."""

from uuid import uuid4

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson
from tests.people import CLIENTS, Person


@pytest.fixture(scope="module")
def admin(person: MakePerson) -> Person:
    """A person who may do everything."""
    return person(admin=True)


def test_own_id_as_owner_is_accepted(http: httpx.Client, someone: Person) -> None:
    answer = http.post(CLIENTS, json={"owner_id": someone.id}, headers=someone.bearer)
    assert (answer.status_code, answer.json()["user_id"]) == (201, someone.id)


def test_another_s_id_as_owner_is_refused_whether_it_exists_or_not(
    http: httpx.Client, person: MakePerson, someone: Person
) -> None:
    before = http.get(CLIENTS, headers=someone.bearer).json()
    theirs, unknown, word = (
        http.post(CLIENTS, json={"owner_id": owner}, headers=someone.bearer)
        for owner in (person().id, str(uuid4()), "someone")
    )
    assert theirs.status_code == 403
    assert theirs.json()["detail"]
    assert (theirs.content, theirs.status_code) == (unknown.content, unknown.status_code)
    assert word.status_code in {403, 422}
    assert http.get(CLIENTS, headers=someone.bearer).json() == before


def test_admin_makes_credentials_for_another(
    http: httpx.Client, admin: Person, person: MakePerson
) -> None:
    owner = person()
    answer = http.post(CLIENTS, json={"owner_id": owner.id}, headers=admin.bearer)
    assert (answer.status_code, answer.json()["user_id"]) == (201, owner.id)
    listed = [one["client_id"] for one in http.get(CLIENTS, headers=owner.bearer).json()]
    assert listed == [answer.json()["client_id"]]
    assert answer.json()["parent_id"] is None


@pytest.mark.parametrize(
    "owner",
    ["5b6e0c1f-7d0a-4c57-9f5e-2a8d3f1c6be4", "someone", "a\0b", 5, ["x"], True],
    ids=["unknown", "word", "nul", "number", "array", "true"],
)
def test_admin_cannot_make_them_for_nobody(
    owner: object, http: httpx.Client, admin: Person
) -> None:
    answer = http.post(CLIENTS, json={"owner_id": owner}, headers=admin.bearer)
    assert answer.status_code in {404, 422}
    assert answer.json()["detail"]


def test_admin_lists_own_credentials_only(
    http: httpx.Client, person: MakePerson, credential: MakeCredential, someone: Person
) -> None:
    credential(someone)
    boss = person(admin=True)
    mine = credential(boss)
    listed = [one["client_id"] for one in http.get(CLIENTS, headers=boss.bearer).json()]
    assert listed == [mine.client_id]


def test_admin_reaches_every_credential(
    http: httpx.Client, admin: Person, credential: MakeCredential
) -> None:
    theirs = credential(name="theirs")
    path = f"{CLIENTS}/{theirs.client_id}"
    assert http.get(path, headers=admin.bearer).json()["user_id"] == theirs.owner.id
    assert http.patch(path, json={"name": "seen"}, headers=admin.bearer).status_code == 200
    assert http.get(path, headers=theirs.owner.bearer).json()["name"] == "seen"
    assert http.delete(path, headers=admin.bearer).status_code == 204
    assert http.get(path, headers=theirs.owner.bearer).status_code == 404


def test_only_an_admin_lets_a_credential_introspect(
    http: httpx.Client, admin: Person, credential: MakeCredential
) -> None:
    theirs = credential()
    path = f"{CLIENTS}/{theirs.client_id}"
    refused = http.patch(path, json={"may_introspect": True}, headers=theirs.owner.bearer)
    assert refused.status_code == 403, refused.text
    assert http.get(path, headers=theirs.owner.bearer).json()["may_introspect"] is False
    allowed = http.patch(path, json={"may_introspect": True}, headers=admin.bearer)
    assert (allowed.status_code, allowed.json()["may_introspect"]) == (200, True)


def test_nobody_makes_a_credential_that_may_introspect(http: httpx.Client, someone: Person) -> None:
    answer = http.post(CLIENTS, json={"may_introspect": True}, headers=someone.bearer)
    assert answer.status_code in {403, 422}


def test_reaching_without_being_admin_is_404(
    http: httpx.Client, someone: Person, credential: MakeCredential
) -> None:
    theirs = credential()
    answer = http.patch(
        f"{CLIENTS}/{theirs.client_id}", json={"may_introspect": True}, headers=someone.bearer
    )
    assert answer.status_code == 404
