"""A token of app credentials acts for their owner: what it may, what it may not.

Contract section 1.4, RFC 6750 section 3.1 (insufficient_scope). The trap: a stolen client token
must not outlive its credential by way of the credentials it made.
"""

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson, StartService
from tests.people import (
    CLIENTS,
    ME,
    Credential,
    Person,
    add_credential,
    add_person,
    client_token,
)
from tests.service import Service

REALM = 'Bearer realm="tokenhouse"'


def child(service: Service, parent: Credential) -> Credential:
    """A credential made with a token of another one."""
    acting = Person("", "", client_token(service, parent), parent.owner.id)
    made = add_credential(service, acting)
    return Credential(made.client_id, made.client_secret, parent.owner)


def bearer(service: Service, app: Credential) -> dict[str, str]:
    """The header with a token of the credential."""
    return {"Authorization": f"Bearer {client_token(service, app)}"}


def alive(service: Service, app: Credential) -> bool:
    """Whether it still gets tokens."""
    answer = httpx.post(
        service.url + "/api/v1/auth/jwt/token",
        data={"grant_type": "client_credentials"},
        auth=(app.client_id, app.client_secret),
        trust_env=False,
    )
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


def insufficient_scope(answer: httpx.Response) -> None:
    """Hold a 403 of a client token against RFC 6750 section 3.1."""
    assert answer.status_code == 403, answer.text
    assert answer.json()["detail"]
    assert answer.headers["WWW-Authenticate"].startswith(REALM)
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.fixture
def family(service: Service, credential: MakeCredential) -> list[Credential]:
    """A credential, its child, and its grandchild."""
    first = credential()
    second = child(service, first)
    return [first, second, child(service, second)]


def test_what_a_client_makes_belongs_to_its_owner_and_names_its_parent(
    http: httpx.Client, family: list[Credential]
) -> None:
    owner = family[0].owner
    listed = {one["client_id"]: one for one in http.get(CLIENTS, headers=owner.bearer).json()}
    assert [listed[app.client_id]["parent_id"] for app in family] == [
        None,
        family[0].client_id,
        family[1].client_id,
    ]
    assert {one["user_id"] for one in listed.values()} == {owner.id}


def test_deleting_a_parent_deletes_what_it_made_and_what_that_made(
    service: Service, http: httpx.Client, family: list[Credential]
) -> None:
    owner = family[0].owner
    token = bearer(service, family[2])
    assert http.get(ME, headers=token).status_code == 200
    assert http.delete(f"{CLIENTS}/{family[0].client_id}", headers=owner.bearer).status_code == 204
    assert [alive(service, app) for app in family] == [False, False, False]
    assert http.get(ME, headers=token).status_code == 401
    assert http.get(CLIENTS, headers=owner.bearer).json() == []
    for app in family:
        assert http.get(f"{CLIENTS}/{app.client_id}", headers=owner.bearer).status_code == 404


def test_deleting_a_child_leaves_its_parent(
    service: Service, http: httpx.Client, family: list[Credential]
) -> None:
    http.delete(f"{CLIENTS}/{family[1].client_id}", headers=family[0].owner.bearer)
    assert [alive(service, app) for app in family] == [True, False, False]


def test_detached_child_stays_with_what_it_made(
    service: Service, http: httpx.Client, family: list[Credential]
) -> None:
    owner = family[0].owner
    detached = http.patch(
        f"{CLIENTS}/{family[1].client_id}", json={"parent_id": None}, headers=owner.bearer
    )
    assert detached.json()["parent_id"] is None
    http.delete(f"{CLIENTS}/{family[0].client_id}", headers=owner.bearer)
    assert [alive(service, app) for app in family] == [False, True, True]


def test_client_cannot_detach_itself_or_its_children(
    service: Service, http: httpx.Client, family: list[Credential]
) -> None:
    for acting, detached in ((family[1], family[1]), (family[1], family[2])):
        insufficient_scope(
            http.patch(
                f"{CLIENTS}/{detached.client_id}",
                json={"parent_id": None},
                headers=bearer(service, acting),
            )
        )
    parents = http.get(CLIENTS, headers=family[0].owner.bearer).json()
    assert [one["parent_id"] is None for one in parents] == [True, False, False]


def test_client_sees_changes_and_deletes_its_owner_s_credentials(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    other = credential(app.owner)
    token = bearer(service, app)
    listed = [one["client_id"] for one in http.get(CLIENTS, headers=token).json()]
    assert listed == [app.client_id, other.client_id]
    path = f"{CLIENTS}/{other.client_id}"
    assert http.patch(path, json={"name": "by a client"}, headers=token).status_code == 200
    assert http.get(path, headers=token).json()["name"] == "by a client"
    assert http.delete(path, headers=token).status_code == 204
    assert not alive(service, other)


def test_client_deletes_itself(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    token = bearer(service, app)
    assert http.delete(f"{CLIENTS}/{app.client_id}", headers=token).status_code == 204
    assert http.get(CLIENTS, headers=token).status_code == 401


def test_client_reads_who_its_owner_is(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    me = http.get(ME, headers=bearer(service, app))
    assert (me.status_code, me.json()["id"]) == (200, app.owner.id)


def test_client_cannot_change_the_password(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    change = {"current_password": app.owner.password, "new_password": "another long password"}
    insufficient_scope(http.put(f"{ME}/password", json=change, headers=bearer(service, app)))
    assert http.get(ME, headers=app.owner.bearer).status_code == 200


def test_client_of_an_admin_is_no_admin(
    service: Service,
    http: httpx.Client,
    person: MakePerson,
    credential: MakeCredential,
    someone: Person,
) -> None:
    app = credential(person(admin=True))
    theirs = credential(someone)
    token = bearer(service, app)
    insufficient_scope(http.post(CLIENTS, json={"owner_id": someone.id}, headers=token))
    insufficient_scope(
        http.patch(f"{CLIENTS}/{app.client_id}", json={"may_introspect": True}, headers=token)
    )
    for method in ("GET", "DELETE"):
        answer = http.request(method, f"{CLIENTS}/{theirs.client_id}", headers=token)
        assert answer.status_code == 404


def test_managing_by_clients_can_be_switched_off(start_service: StartService) -> None:
    service = start_service({"clients_may_manage_clients": "false"})
    app = add_credential(service, add_person(service))
    token = bearer(service, app)
    path = f"{CLIENTS}/{app.client_id}"
    with httpx.Client(base_url=service.url, trust_env=False) as http:
        for method, where in (
            ("GET", CLIENTS),
            ("POST", CLIENTS),
            ("GET", path),
            ("PATCH", path),
            ("DELETE", path),
        ):
            insufficient_scope(http.request(method, where, headers=token, json={}))
        assert http.get(ME, headers=token).status_code == 200
        assert http.get(CLIENTS, headers=app.owner.bearer).status_code == 200
