"""Revocation (RFC 7009), introspection (RFC 7662), and the feed for those who verify offline."""

import base64
import re
from typing import Any

import httpx
import jwt
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
    sign_in,
)
from tests.service import Service

REVOKE = "/api/v1/auth/jwt/revoke"
INTROSPECT = "/api/v1/auth/jwt/introspect"
FEED = "/.well-known/revocations"
FEED_LIFE = 300  # seconds
DEAD = {"active": False}
APP = ("", "")  # stands for the credentials of the module


def post(
    http: httpx.Client, path: str, token: str, by: Credential | Person | None = None
) -> httpx.Response:
    """Ask about a token as a client by HTTP Basic, or as a person by bearer token."""
    data = {"token": token}
    if isinstance(by, Person):
        return http.post(path, data=data, headers=by.bearer)
    auth = None if by is None else (by.client_id, by.client_secret)
    return http.post(path, data=data, auth=auth or httpx.USE_CLIENT_DEFAULT)


def is_active(http: httpx.Client, token: str, by: Credential) -> bool:
    """Whether introspection calls the token good; a dead one gets exactly one member."""
    body = post(http, INTROSPECT, token, by).json()
    assert body["active"] or body == DEAD
    active: bool = body["active"]
    return active


def feed(http: httpx.Client, service: Service) -> dict[str, Any]:
    """The feed, its signature checked as anyone would."""
    answer = http.get(FEED)
    keys = jwt.PyJWKSet.from_dict(http.get("/.well-known/jwks.json").json())
    header = jwt.get_unverified_header(answer.text)
    assert header["typ"] == "revocations+jwt"
    claims: dict[str, Any] = jwt.decode(
        answer.text, keys[header["kid"]].key, [header["alg"]], issuer=service.url
    )
    assert claims["exp"] == claims["iat"] + FEED_LIFE
    return claims


@pytest.mark.clause("RFC 7009 section 2.2")
def test_revoked_token_is_refused_from_then_on(http: httpx.Client, app: Credential) -> None:
    token = client_token_of(http, app)
    assert is_active(http, token, app)
    answer = post(http, REVOKE, token, app)
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["cache-control"] == "no-store"
    assert http.get(ME, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert not is_active(http, token, app)


def client_token_of(http: httpx.Client, app: Credential) -> str:
    """A token by client_credentials."""
    form = {"grant_type": "client_credentials"}
    answer = http.post("/api/v1/auth/jwt/token", data=form, auth=(app.client_id, app.client_secret))
    token: str = answer.json()["access_token"]
    return token


@pytest.mark.clause("RFC 7009 section 2.2")
@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "é", "a" * 9000])
def test_unknown_token_is_answered_alike(token: str, http: httpx.Client, app: Credential) -> None:
    answer = post(http, REVOKE, token, app)
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.clause("RFC 7009 section 2.2")
def test_second_revocation_is_answered_alike(http: httpx.Client, app: Credential) -> None:
    token = client_token_of(http, app)
    assert [post(http, REVOKE, token, app).status_code for _ in range(2)] == [200, 200]


@pytest.mark.clause("RFC 7009 section 2.1")
def test_token_of_another_client_stays_good(
    http: httpx.Client, app: Credential, credential: MakeCredential
) -> None:
    token = client_token_of(http, app)
    for other in (credential(app.owner), credential()):
        answer = post(http, REVOKE, token, other)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert is_active(http, token, app)


@pytest.mark.clause("RFC 7009 section 2.1")
@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (None, {"token": "x"}, 401, "invalid_client"),
        (("unknown", "secret"), {"token": "x"}, 401, "invalid_client"),
        (APP, {}, 400, "invalid_request"),
        (APP, {"token": ""}, 400, "invalid_request"),
        (APP, {"token": ["x", "x"]}, 400, "invalid_request"),
    ],
    ids=["nobody", "unknown-client", "no-token", "empty-token", "two-tokens"],
)
def test_wrong_question_is_refused(  # noqa: PLR0913, PLR0917 - each is a column of the table, because the fixtures add two
    http: httpx.Client,
    app: Credential,
    path: str,
    auth: tuple[str, str] | None,
    form: dict[str, Any],
    status: int,
    error: str,
) -> None:
    pair = (app.client_id, app.client_secret) if auth == APP else auth
    answer = http.post(
        path,
        data=form,
        auth=httpx.USE_CLIENT_DEFAULT if pair is None else pair,
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_person_revokes_own_and_credentials_tokens(
    http: httpx.Client, person: MakePerson, credential: MakeCredential
) -> None:
    owner = person()
    app = credential(owner)
    token = client_token_of(http, app)
    assert is_active(http, token, app)
    assert post(http, REVOKE, token, owner).status_code == 200
    assert not is_active(http, token, app)
    assert http.get(ME, headers=owner.bearer).status_code == 200
    assert post(http, REVOKE, owner.token, owner).status_code == 200
    assert http.get(ME, headers=owner.bearer).status_code == 401


def test_stranger_revokes_nothing_and_an_admin_any(
    http: httpx.Client, person: MakePerson, app: Credential
) -> None:
    token = client_token_of(http, app)
    assert post(http, REVOKE, token, person()).status_code == 400
    assert is_active(http, token, app)
    assert post(http, REVOKE, token, person(admin=True)).status_code == 200
    assert not is_active(http, token, app)


def test_program_may_not_pose_as_a_person(http: httpx.Client, app: Credential) -> None:
    token = client_token_of(http, app)
    answer = http.post(REVOKE, data={"token": token}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.clause("RFC 7662 section 2.2")
def test_introspection_shows_the_claims(http: httpx.Client, app: Credential) -> None:
    token = client_token_of(http, app)
    body = post(http, INTROSPECT, token, app).json()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert body == {"active": True, "token_type": "bearer", **claims}


@pytest.mark.clause("RFC 7662 section 4")
def test_introspection_shows_another_owners_token_to_none_but_who_may(
    http: httpx.Client, app: Credential, credential: MakeCredential, person: MakePerson
) -> None:
    token, other = client_token_of(http, app), credential()
    answer = post(http, INTROSPECT, token, other)
    assert (answer.status_code, answer.json()) == (200, DEAD)
    path, change = f"{CLIENTS}/{other.client_id}", {"may_introspect": True}
    assert http.patch(path, json=change, headers=other.owner.bearer).status_code == 403
    assert http.patch(path, json=change, headers=person(admin=True).bearer).status_code == 200
    assert is_active(http, token, other)


@pytest.mark.clause("RFC 7662 section 2.2")
@pytest.mark.parametrize("token", ["x", "a.b.c", "unsigned"])
def test_what_is_no_token_of_ours_is_not_active(
    token: str, http: httpx.Client, app: Credential
) -> None:
    if token == "unsigned":  # noqa: S105 - a word, because it names the case
        head, body, _ = client_token_of(http, app).split(".")
        token = f"{head}.{body}.{base64.urlsafe_b64encode(bytes(64)).rstrip(b'=').decode()}"
    assert post(http, INTROSPECT, token, app).json() == DEAD


@pytest.mark.clause("RFC 7515 section 5.2")
def test_token_that_was_good_is_not_once_it_is_altered(http: httpx.Client, app: Credential) -> None:
    one, other = (client_token_of(http, app).split(".") for _ in range(2))
    assert [is_active(http, ".".join(parts), app) for parts in (one, other)] == [True, True]
    assert not is_active(http, ".".join([*one[:2], other[2]]), app)
    assert not is_active(http, ".".join([one[0], other[1], one[2]]), app)
    assert is_active(http, ".".join(one), app)


@pytest.mark.parametrize("end", ["delete", "disable", "expire"])
def test_end_of_a_credential_ends_its_tokens(
    end: str, http: httpx.Client, credential: MakeCredential, app: Credential, service: Service
) -> None:
    ending = credential(app.owner)
    token, path = client_token_of(http, ending), f"{CLIENTS}/{ending.client_id}"
    assert is_active(http, token, app)
    changes = {"disable": {"disabled": True}, "expire": {"expires_at": "2020-01-01T00:00:00Z"}}
    if end == "delete":
        http.delete(path, headers=app.owner.bearer)
    else:
        http.patch(path, json=changes[end], headers=app.owner.bearer)
    assert not is_active(http, token, app)
    if end != "expire":  # an end in the far past is no news to anybody
        assert ending.client_id in feed(http, service)["clients"]


def test_enabled_again_the_old_tokens_stay_dead(
    http: httpx.Client, credential: MakeCredential, app: Credential
) -> None:
    paused = credential(app.owner)
    token, path = client_token_of(http, paused), f"{CLIENTS}/{paused.client_id}"
    assert is_active(http, token, app)
    for disabled in (True, False):
        http.patch(path, json={"disabled": disabled}, headers=app.owner.bearer)
    assert not is_active(http, token, app)
    assert is_active(http, client_token_of(http, paused), app)


def test_new_password_ends_own_tokens_only(
    service: Service, http: httpx.Client, person: MakePerson, credential: MakeCredential
) -> None:
    owner = person()
    app = credential(owner)
    token = client_token(service, app)
    assert is_active(http, owner.token, app)
    change = {"current_password": owner.password, "new_password": owner.password + "!"}
    answer = http.put(f"{ME}/password", json=change, headers=owner.bearer)
    assert answer.status_code == 204
    assert post(http, INTROSPECT, owner.token, app).json() == DEAD
    assert is_active(http, token, app)
    assert owner.id in feed(http, service)["users"]
    assert owner.id not in feed(http, service)["owners"]
    again = sign_in(service, owner.email, owner.password + "!")
    assert is_active(http, again.token, app)


def test_disabled_user_ends_all_tokens(
    service: Service, http: httpx.Client, person: MakePerson, credential: MakeCredential
) -> None:
    owner, admin = person(), person(admin=True)
    app, watcher = credential(owner), credential()
    http.patch(
        f"{CLIENTS}/{watcher.client_id}", json={"may_introspect": True}, headers=admin.bearer
    )
    tokens = [owner.token, client_token(service, app)]
    assert [is_active(http, token, watcher) for token in tokens] == [True, True]
    path = f"/api/v1/users/{owner.id}"
    assert http.patch(path, json={"is_active": False}, headers=admin.bearer).status_code == 200
    assert [is_active(http, token, watcher) for token in tokens] == [False, False]
    assert {owner.id} <= feed(http, service)["owners"].keys() & feed(http, service)["users"].keys()


def test_feed_names_a_revoked_token_until_its_end(
    service: Service, http: httpx.Client, app: Credential
) -> None:
    token = client_token_of(http, app)
    claims = jwt.decode(token, options={"verify_signature": False})
    before = http.get(FEED)
    assert re.fullmatch(r'"[0-9a-f]{32}"', before.headers["etag"])
    post(http, REVOKE, token, app)
    assert feed(http, service)["tokens"][claims["jti"]] == claims["exp"]
    after = http.get(FEED, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert http.get(FEED, headers={"If-None-Match": after.headers["etag"]}).status_code == 304
    assert after.headers["cache-control"] == "max-age=5"
    assert after.headers["content-type"] == "application/revocations+jwt"


def test_revoked_stays_revoked_over_kill_and_restart(start_service: StartService) -> None:
    service = start_service()
    owner = add_person(service)
    app = add_credential(service, owner)
    token = client_token(service, app)
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        assert len(http.get(FEED).content) < 500
        assert post(http, REVOKE, token, app).status_code == 200
        service.kill9()
        service.start()
        assert not is_active(http, token, app)
