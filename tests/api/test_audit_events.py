"""Who did what: events over REST, whose one may see, and the chain that shows tampering.

Contract section 2, and ASVS 5.0 section 16.2. The trap: an event that is written apart from the
change that it tells of is missing just when it matters.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
import pytest

from tests.conftest import MakeCredential, MakePerson
from tests.people import BASIC, CLIENTS, ME, TOKEN, Credential, Person, client_token
from tests.service import Service

EVENTS = "/api/v1/audit-events"
REVOKE = "/api/v1/auth/jwt/revoke"
Json = dict[str, Any]


def events(http: httpx.Client, someone: Person, **query: str | int) -> list[Json]:
    """The events that a person sees, newest first."""
    answer = http.get(EVENTS, headers=someone.bearer, params=query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    return found


def brief(found: list[Json]) -> list[tuple[str, str]]:
    """What was done to what."""
    return [(event["action"], event["target"]) for event in found]


def bearer(token: str) -> Mapping[str, str]:
    """The request header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def test_signing_in_is_an_event_with_its_request(http: httpx.Client, person: MakePerson) -> None:
    someone = person()
    http.get(BASIC, auth=(someone.email, someone.password))
    newest, before = events(http, someone)[:2]
    assert newest == newest | {
        "actor": f"user:{someone.id}",
        "action": "sign_in",
        "target": f"user:{someone.id}",
        "outcome": "done",
        "source": "127.0.0.1",
        "user_id": someone.id,
        "details": {},
    }
    assert newest["at"].endswith("Z")
    assert re.fullmatch(r"[\w.-]{8,64}", newest["request_id"])
    assert newest["request_id"] != before["request_id"]


def test_a_wrong_password_is_an_event_of_its_owner(http: httpx.Client, person: MakePerson) -> None:
    someone = person()
    guess = secrets.token_urlsafe(12)
    assert http.get(BASIC, auth=(someone.email, guess)).status_code == 400
    newest = events(http, someone)[0]
    assert (newest["action"], newest["outcome"]) == ("sign_in", "refused")
    assert newest["actor"] == "anonymous"
    assert guess not in str(newest)


def test_a_name_that_nobody_has_is_not_written(http: httpx.Client, person: MakePerson) -> None:
    typed = secrets.token_urlsafe(12)  # a password, in the wrong field
    assert http.get(BASIC, auth=(typed, "x")).status_code == 400
    seen = events(http, person(admin=True), action="sign_in", outcome="refused")
    assert seen[0]["target"] == "user:unknown"
    assert typed not in str(seen)


def test_the_life_of_a_credential_is_events(http: httpx.Client, person: MakePerson) -> None:
    someone = person()
    made = http.post(CLIENTS, headers=someone.bearer).json()
    where = f"{CLIENTS}/{made['client_id']}"
    secret = http.post(f"{where}/secrets", headers=someone.bearer, json={}).json()
    http.patch(where, headers=someone.bearer, json={"name": "n"}).raise_for_status()
    gone = http.delete(f"{where}/secrets/{secret['secret_id']}", headers=someone.bearer)
    assert gone.status_code == 204, gone.text
    assert http.delete(where, headers=someone.bearer).status_code == 204
    credential, of_secret = f"credential:{made['client_id']}", f"secret:{secret['secret_id']}"
    assert brief(events(http, someone))[:5] == [
        ("credential.deleted", credential),
        ("secret.deleted", of_secret),
        ("credential.changed", credential),
        ("secret.created", of_secret),
        ("credential.created", credential),
    ]
    seen = str(events(http, someone))
    assert made["client_secret"] not in seen
    assert secret["client_secret"] not in seen


def test_what_goes_with_a_credential_is_an_event_too(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    made = http.post(CLIENTS, headers=bearer(client_token(service, app))).json()
    assert events(http, app.owner)[0]["actor"] == f"client:{app.client_id}"
    assert http.delete(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).status_code == 204
    assert set(brief(events(http, app.owner))[:2]) == {
        ("credential.deleted", f"credential:{one}") for one in (app.client_id, made["client_id"])
    }


def test_a_change_that_was_refused_leaves_no_event(http: httpx.Client, person: MakePerson) -> None:
    someone, other = person(), person()
    made = http.post(CLIENTS, headers=other.bearer).json()
    before = events(http, someone)
    assert http.delete(f"{CLIENTS}/{made['client_id']}", headers=someone.bearer).status_code == 404
    assert events(http, someone) == before
    assert brief(events(http, other))[0] == (
        "credential.created",
        f"credential:{made['client_id']}",
    )


def test_a_new_password_is_an_event(http: httpx.Client, person: MakePerson) -> None:
    someone = person()
    new = secrets.token_urlsafe(18)
    body = {"current_password": someone.password, "new_password": new}
    assert http.put(f"{ME}/password", headers=someone.bearer, json=body).status_code == 204
    token = http.get(BASIC, auth=(someone.email, new)).json()["access_token"]
    seen = http.get(EVENTS, headers=bearer(token)).json()
    assert ("password.changed", f"user:{someone.id}") in brief(seen)
    assert new not in str(seen)
    assert someone.password not in str(seen)


def test_revoking_is_an_event_that_does_not_show_the_jti(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    app = credential()
    token = client_token(service, app)
    by = (app.client_id, app.client_secret)
    assert http.post(REVOKE, data={"token": token}, auth=by).status_code == 200
    newest = events(http, app.owner)[0]
    assert (newest["action"], newest["actor"]) == ("token.revoked", f"client:{app.client_id}")
    claims = jwt.decode(token, options={"verify_signature": False})
    called = hashlib.sha256(claims["jti"].encode()).hexdigest()[:16]  # as in the log of tokens
    assert newest["target"] == f"token:{called}"
    assert newest["details"] == {"client_id": app.client_id}
    assert claims["jti"] not in str(newest)
    assert token not in str(newest)


def test_what_an_administrator_does_is_seen_by_both(http: httpx.Client, person: MakePerson) -> None:
    admin, someone = person(admin=True), person()
    where = f"/api/v1/users/{someone.id}"
    for active in (False, True):
        changed = http.patch(where, headers=admin.bearer, json={"is_active": active})
        assert changed.status_code == 200, changed.text
    token = http.get(BASIC, auth=(someone.email, someone.password)).json()["access_token"]
    own = http.get(EVENTS, headers=bearer(token)).json()
    assert [one["action"] for one in own][1:3] == ["user.enabled", "user.disabled"]
    assert own[1]["actor"] == f"user:{admin.id}"
    assert [e["id"] for e in events(http, admin, user_id=someone.id)] == [e["id"] for e in own]


def test_nobody_sees_what_is_not_theirs(http: httpx.Client, person: MakePerson) -> None:
    someone, other = person(), person()
    seen = events(http, someone, user_id=other.id)
    assert {event["user_id"] for event in seen} == {someone.id}


def test_a_program_sees_no_events(
    http: httpx.Client, service: Service, credential: MakeCredential
) -> None:
    answer = http.get(EVENTS, headers=bearer(client_token(service, credential())))
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


def test_without_a_token_there_is_nothing_to_see(http: httpx.Client) -> None:
    answer = http.get(EVENTS)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (
        401,
        'Bearer realm="tokenhouse"',
    )


def test_pages_follow_each_other_without_gap(http: httpx.Client, app: Credential) -> None:
    someone = app.owner
    for _ in range(4):
        http.get(BASIC, auth=(someone.email, someone.password))
    everything = events(http, someone, limit=1000)
    seen: list[Json] = []
    answer = http.get(EVENTS, headers=someone.bearer, params={"limit": 2})
    while True:
        seen += answer.json()
        if "next" not in answer.links:
            break
        assert len(answer.json()) == 2
        answer = http.get(answer.links["next"]["url"], headers=someone.bearer)
    assert seen == everything
    assert [one["id"] for one in seen] == sorted((one["id"] for one in seen), reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        {"action": "credential.created"},
        {"outcome": "refused"},
        {"since": "2000-01-01T00:00:00Z", "action": "sign_in"},
    ],
    ids="-".join,
)
def test_filters_leave_what_fits(
    query: dict[str, str], http: httpx.Client, app: Credential
) -> None:
    someone = app.owner
    http.get(BASIC, auth=(someone.email, "a wrong password"))
    found = events(http, someone, **query)
    kept = {name: value for name, value in query.items() if name != "since"}
    fitting = [e for e in events(http, someone, limit=1000) if e == e | kept]
    assert found == fitting
    assert found


def test_a_time_in_the_past_leaves_nothing(http: httpx.Client, someone: Person) -> None:
    assert events(http, someone, until="2000-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "x"},
        {"before": "0"},
        {"before": "1e400"},
        {"before": str(10**30)},
        {"outcome": "maybe"},
        {"since": "yesterday"},
        {"action": "a\0b"},
        {"target": "x" * 201},
    ],
    ids=lambda query: "-".join(f"{name}={value[:8]!r}" for name, value in query.items()),
)
def test_a_bad_query_is_refused(query: dict[str, str], http: httpx.Client, someone: Person) -> None:
    answer = http.get(EVENTS, headers=someone.bearer, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"][0] == "query"


def test_events_are_only_read(http: httpx.Client, someone: Person) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = http.request(method, EVENTS, headers=someone.bearer)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_refused_token_request_is_no_event(
    http: httpx.Client, credential: MakeCredential
) -> None:
    app = credential()
    before = events(http, app.owner)
    form = {"grant_type": "client_credentials"}
    for secret in (app.client_secret, credential().client_secret):
        http.post(TOKEN, data=form, auth=(app.client_id, secret))
    assert events(http, app.owner) == before
