"""The signed-in user: who it is, a new password, and what ends with a disabled or deleted user.

Contract sections 1.4, 2 and 3. The trap: a new password ends the user's own tokens, but an
application must not stop because a person changed a password.
"""

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson
from tests.people import BASIC, CLIENTS, ME, TOKEN, Credential, Person, client_token, sign_in
from tests.service import Service

PASSWORD = f"{ME}/password"
NEW = "a password nobody had before"


def states(http: httpx.Client, app: Credential, token: str) -> dict[str, int]:
    """What password, user token, credential and client token of one person get."""
    auth = httpx.BasicAuth(app.owner.email, app.owner.password)
    by_client = httpx.BasicAuth(app.client_id, app.client_secret)
    grant = {"grant_type": "client_credentials"}
    return {
        "password": http.get(BASIC, auth=auth).status_code,
        "user token": http.get(ME, headers=app.owner.bearer).status_code,
        "credential": http.post(TOKEN, data=grant, auth=by_client).status_code,
        "client token": http.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code,
    }


ALL_GOOD = {"password": 200, "user token": 200, "credential": 200, "client token": 200}
ALL_DEAD = {"password": 400, "user token": 401, "credential": 401, "client token": 401}
NEW_PASSWORD = {"password": 400, "user token": 401, "credential": 200, "client token": 200}


@pytest.mark.parametrize("path", [ME, ME + "/"])
def test_me_is_the_shape_of_the_public_service(
    path: str, http: httpx.Client, someone: Person
) -> None:
    answer = http.get(path, headers=someone.bearer)
    assert answer.status_code == 200
    me = answer.json()
    assert {name: me[name] for name in ("id", "email", "is_active", "is_superuser")} == {
        "id": someone.id,
        "email": someone.email,
        "is_active": True,
        "is_superuser": False,
    }
    assert isinstance(me["is_verified"], bool)
    assert not [name for name in me if "password" in name or "hash" in name]
    head = http.head(path, headers=someone.bearer)
    assert (head.status_code, head.content) == (200, b"")


def test_admin_is_told_so(http: httpx.Client, person: MakePerson) -> None:
    assert http.get(ME, headers=person(admin=True).bearer).json()["is_superuser"] is True


def test_disabled_user_is_refused_at_once_and_enabled_again_works(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    token = client_token(service, app)
    assert states(http, app, token) == ALL_GOOD
    assert service.cli("user", "disable", app.owner.email).returncode == 0
    assert states(http, app, token) == ALL_DEAD
    assert service.cli("user", "enable", app.owner.email).returncode == 0
    again = states(http, app, token)
    assert (again["password"], again["credential"]) == (200, 200)


def test_disabled_user_looks_like_a_wrong_password(
    service: Service, http: httpx.Client, person: MakePerson
) -> None:
    someone = person()
    wrong = http.get(BASIC, auth=httpx.BasicAuth(someone.email, "a wrong password"))
    service.cli("user", "disable", someone.email)
    disabled = http.get(BASIC, auth=httpx.BasicAuth(someone.email, someone.password))
    assert (disabled.status_code, disabled.content) == (wrong.status_code, wrong.content)


def test_deleted_user_is_refused_at_once(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    token = client_token(service, app)
    done = service.cli("user", "delete", app.owner.email)
    assert done.returncode == 0, done.stderr
    assert states(http, app, token) == ALL_DEAD


def test_password_set_by_the_operator_ends_the_user_s_own_tokens_only(
    service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    token = client_token(service, app)
    done = service.cli("user", "set-password", app.owner.email, "--password-stdin", input=NEW)
    assert done.returncode == 0, done.stderr
    assert states(http, app, token) == NEW_PASSWORD
    assert sign_in(service, app.owner.email, NEW).id == app.owner.id


@pytest.mark.parametrize("path", [PASSWORD, PASSWORD + "/"])
def test_password_changed_by_the_user_ends_the_user_s_own_tokens_only(
    path: str, service: Service, http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    token = client_token(service, app)
    change = {"current_password": app.owner.password, "new_password": NEW}
    answer = http.put(path, json=change, headers=app.owner.bearer)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert states(http, app, token) == NEW_PASSWORD
    assert sign_in(service, app.owner.email, NEW).id == app.owner.id


@pytest.mark.parametrize(
    ("current", "new", "status"),
    [
        ("a wrong password", NEW, {400}),
        ("", NEW, {400, 422}),
        ("a" * 1025, NEW, {400, 422}),
        ("nul\0inside", NEW, {400, 422}),
        (None, NEW, {422}),
        (5, NEW, {422}),
        ("right", "too short", {400, 422}),
        ("right", "", {400, 422}),
        ("right", "1qaz2wsx3edc", {400, 422}),
        ("right", "a" * 1025, {400, 422}),
        ("right", "a long one with\0nul", {422}),
        ("right", None, {422}),
        ("right", ["a long password in an array"], {422}),
    ],
    ids=[
        "current-wrong",
        "current-empty",
        "current-1025-octets",
        "current-nul",
        "current-null",
        "current-number",
        "new-short",
        "new-empty",
        "new-common",
        "new-1025-octets",
        "new-nul",
        "new-null",
        "new-array",
    ],
)
def test_wrong_password_change_changes_nothing(
    current: object, new: object, status: set[int], http: httpx.Client, person: MakePerson
) -> None:
    someone = person()
    given = someone.password if current == "right" else current
    body = {"current_password": given, "new_password": new}
    answer = http.put(PASSWORD, json=body, headers=someone.bearer)
    assert answer.status_code in status, answer.text
    assert answer.json()["detail"]
    for sent in (given, new):
        assert not isinstance(sent, str) or len(sent) < 8 or sent not in answer.text
    assert http.get(ME, headers=someone.bearer).status_code == 200
    assert http.get(BASIC, auth=(someone.email, someone.password)).status_code == 200


def test_password_change_of_nobody_is_refused(http: httpx.Client) -> None:
    body = {"current_password": "x", "new_password": NEW}
    assert http.put(PASSWORD, json=body).status_code == 401
    assert http.get(CLIENTS).status_code == 401
