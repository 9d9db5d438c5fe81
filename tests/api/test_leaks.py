"""Reported secrets: dead at once with all that was got by them, and their owner told.

The trap: a secret that is dead while the tokens got with it live on, and an answer, an event or a
mail that holds the secret itself.
"""

import base64
import hashlib

from tests.api.desk import BY_TOKEN, LEAKS, SOMEWHERE, TOKEN, Desk, entry
from tests.people import ME, add_person, client_token
from tests.proofs import rotate, secrets_of, statuses


def test_last_secret_is_dead_with_its_tokens_and_the_owner_is_told(desk: Desk) -> None:
    app = desk.credential()
    token, owner = client_token(desk.service, app), app.owner
    answer = desk.report(app.client_secret)
    digest = base64.b64encode(hashlib.sha256(app.client_secret.encode()).digest()).decode()
    assert answer.json() == [
        {
            "token_hash": digest,
            "token_type": "tokenhouse_client_secret",
            "label": "true_positive",
        }
    ]
    assert statuses(desk.service, app) == {401}
    shown = {"Authorization": f"Bearer {token}"}
    assert desk.http.get(ME, headers=shown).status_code == 401
    assert desk.http.get(secrets_of(app), headers=owner.bearer).json() == []
    (event,) = desk.events(owner)
    assert event["action"] == "secret.leaked"
    assert event["actor"] == "system"
    assert event["details"] == {
        "credential": app.client_id,
        "hint": app.client_secret[-4:],
        "secrets_left": 0,
        "url": SOMEWHERE,
        "source": "content",
        "reported_by": "token",
    }
    mail = desk.mail_to(owner)
    for part in (app.client_id, app.client_secret[-4:], SOMEWHERE, "last secret", "all access"):
        assert part in mail
    assert desk.notice(owner)
    for text in (answer.text, str(event), mail, desk.service.log):
        assert app.client_secret not in text


def test_other_secret_of_the_credential_stays_good(desk: Desk) -> None:
    first = desk.credential()
    second = rotate(desk.http, first)
    token = client_token(desk.service, second)
    assert desk.labels(first.client_secret) == ["true_positive"]
    assert (statuses(desk.service, first), statuses(desk.service, second)) == ({401}, {200})
    # Nobody knows with which of the two it was got.
    shown = {"Authorization": f"Bearer {token}"}
    assert desk.http.get(ME, headers=shown).status_code == 401
    assert [one["details"]["secrets_left"] for one in desk.events(first.owner)] == [1]
    assert "another of its secrets go on" in desk.mail_to(first.owner)


def test_notice_goes_with_a_new_secret(desk: Desk) -> None:
    app = desk.credential()
    desk.report(app.client_secret)
    assert desk.notice(app.owner)
    rotate(desk.http, app)
    assert not desk.notice(app.owner)


def test_access_token_is_revoked(desk: Desk) -> None:
    app = desk.credential()
    token = client_token(desk.service, app)
    assert desk.labels(token, app.owner.token) == ["true_positive"] * 2
    for one in (token, app.owner.token):
        shown = {"Authorization": f"Bearer {one}"}
        assert desk.http.get(ME, headers=shown).status_code == 401
    assert statuses(desk.service, app) == {200}
    assert desk.labels(token) == ["false_positive"]
    found = desk.http.get(
        "/api/v1/audit-events",
        params={"action": "token.leaked", "user_id": app.owner.id},
        headers=add_person(desk.service, admin=True).bearer,
    ).json()
    assert {event["details"]["client_id"] for event in found} == {app.client_id, "first-party"}


def test_reported_twice_is_known_once(desk: Desk) -> None:
    app = desk.credential()
    assert desk.labels(app.client_secret, app.client_secret) == ["true_positive"] * 2
    assert desk.labels(app.client_secret) == ["false_positive"]
    assert len(desk.events(app.owner)) == 1


def test_what_was_never_a_secret_here_is_told_apart(desk: Desk) -> None:
    app = desk.credential()
    mistyped = app.client_secret[:10] + "x" + app.client_secret[11:]
    elsewhere = "ths_" + "A" * 54
    rubbish = [mistyped, app.client_secret[:-1], elsewhere, "a.b.c", "", "x" * 9000, "ü", TOKEN]
    assert desk.labels(*rubbish) == ["false_positive"] * len(rubbish)
    assert statuses(desk.service, app) == {200}
    assert desk.events(app.owner) == []


def test_secret_in_the_address_is_not_written_down(desk: Desk) -> None:
    app = desk.credential()
    url = f"https://shop.example/?key={app.client_secret}&long={'x' * 3000}"
    body = [entry(app.client_secret, url=url, colour="blue")]
    assert desk.http.post(LEAKS, json=body, headers=BY_TOKEN).status_code == 200
    (event,) = desk.events(app.owner)
    assert event["details"]["url"].startswith("https://shop.example/?key=[redacted]")
    assert len(event["details"]["url"]) <= 1024
    assert app.client_secret not in desk.mail_to(app.owner)
