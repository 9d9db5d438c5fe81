"""Webhooks: signed messages to programs elsewhere, and a receiver that misbehaves.

The form is Standard Webhooks'. The trap: a payload with a secret in it, and a service that can be
made to fetch what it should not.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from tests.api.desk import Desk
from tests.api.hooks import VERIFY, WEBHOOKS, Got, Json, Mute, Receiver, Teller, until
from tests.cli.process import at_once
from tests.people import add_credential, add_person, client_token
from tests.proofs import rotate

UNKNOWN = "3f6c2b1e-8a4d-4c57-9d0e-5b7a1c2d3e4f"


@pytest.fixture(scope="module")
def teller(desk: Desk) -> Teller:
    """The service of the leaks."""
    return Teller(desk.service, desk.http, add_person(desk.service, admin=True))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes all."""
    one = Receiver()
    yield one
    one.close()


@pytest.fixture
def webhook(teller: Teller, receiver: Receiver) -> Iterator[Json]:
    """A webhook to the receiver, for all events; its first message has come."""
    made = teller.add(receiver.url)
    until(lambda: receiver.of("webhook.created"))
    yield made
    teller.delete(made)


def is_signed(one: Got, secret: str) -> bool:
    """Whether the guide's code takes a message."""
    try:
        VERIFY(secret, one.headers, one.body)
    except ValueError:
        return False
    return True


def test_signature_is_that_of_the_published_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the test suite of Standard Webhooks: the guide's code is right about our signatures."""
    monkeypatch.setattr("time.time", lambda: 1614265330.0)
    example = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,bm90IG91cnM= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the published one
    assert is_signed(Got("/", example, b'{"test": 2432232314}'), secret)
    assert not is_signed(Got("/", example, b'{"test": 2432232315}'), secret)


def test_first_message_is_signed_and_the_secret_shown_once(
    teller: Teller, receiver: Receiver, webhook: Json
) -> None:
    (one,) = receiver.of("webhook.created")
    assert one.path == "/hook?a=b"
    assert one.headers["Content-Type"] == "application/json"
    assert is_signed(one, webhook["secret"])
    assert not is_signed(Got(one.path, one.headers, one.body + b" "), webhook["secret"])
    assert not is_signed(one, "whsec_" + "A" * 43 + "=")
    assert one.message["data"] == {"webhook_id": webhook["id"]}
    shown = next(each for each in teller.ask("GET").json() if each["id"] == webhook["id"])
    assert shown == {name: value for name, value in webhook.items() if name != "secret"}
    for text in (at_once(teller.service, "webhook", "list").stdout, teller.service.log):
        assert webhook["secret"] not in text
    until(lambda: [each["state"] for each in teller.log(webhook)] == ["delivered"])
    (told,) = teller.log(webhook)
    assert (told["id"], told["attempts"], told["error"]) == (one.headers["Webhook-Id"], 1, "")


def test_what_is_done_to_a_credential_and_a_person_is_told_without_secrets(
    desk: Desk, teller: Teller, receiver: Receiver, webhook: Json
) -> None:
    app = desk.credential()
    new = rotate(desk.http, app)
    token = client_token(desk.service, new)
    desk.report(app.client_secret)
    person = f"/api/v1/users/{app.owner.id}"
    off = {"is_active": False}
    assert desk.http.patch(person, json=off, headers=teller.admin.bearer).status_code == 200
    until(lambda: receiver.of("user.disabled", app.owner.id), lambda: teller.log(webhook))
    (leaked,) = receiver.of("secret.leaked", app.client_id)
    assert leaked.message["data"]["user_id"] == app.owner.id
    assert leaked.message["data"]["details"]["hint"] == app.client_secret[-4:]
    (created,) = receiver.of("credential.created", app.client_id)
    assert created.message["data"]["target"] == f"credential:{app.client_id}"
    assert created.message["timestamp"].endswith("Z")
    assert receiver.of("secret.created", app.client_id)
    assert not receiver.of("sign_in")
    secrets = (app.client_secret, new.client_secret, token, app.owner.password, app.owner.token)
    for one in receiver.got:
        assert is_signed(one, webhook["secret"])
        assert not any(secret in str(one.body) for secret in secrets)
        assert "127.0.0.1" not in str(one.body).replace(receiver.url, "")


def test_only_what_is_asked_for_is_told(
    desk: Desk, teller: Teller, receiver: Receiver, webhook: Json
) -> None:
    narrow = Receiver()
    made = teller.add(narrow.url, "secret.leaked", "user")
    app = desk.credential()
    desk.report(app.client_secret)
    until(lambda: receiver.of("secret.leaked", app.client_id), lambda: teller.log(webhook))
    until(lambda: narrow.of("secret.leaked", app.client_id), lambda: teller.log(made))
    types = {one.message["type"] for one in narrow.got}
    assert {"webhook.created", "user.created", "secret.leaked"} <= types
    assert not types & {"credential.created", "password.changed"}
    teller.delete(made)
    narrow.close()


def test_redirect_is_not_followed(teller: Teller, receiver: Receiver) -> None:
    receiver.status = 302
    made = teller.add(receiver.url)
    until(lambda: teller.log(made)[0]["error"])
    (told,) = teller.log(made)
    assert (told["state"], told["error"], told["attempts"]) == ("pending", "answered 302", 1)
    assert [one.path for one in receiver.got] == ["/hook?a=b"]
    teller.delete(made)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (b"", "speaks no HTTP"),
        (b"SSH-2.0-OpenSSH_9.7\r\n", "speaks no HTTP"),
        (b"HTTP/1.1 2", "speaks no HTTP"),
        (b"HTTP/1.1 999 x\r\n\r\n", "answered 999"),
        (b"HTTP/1.1 100 x\r\n\r\n" * 9, "speaks no HTTP"),
        (b"x" * 200_000, "speaks no HTTP"),
        (b"HTTP/1.1 500 x\r\n\r\n", "answered 500"),
        (b"HTTP/1.1 103 x\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", ""),
    ],
    ids=lambda given: repr(given[:24]),
)
def test_receiver_that_speaks_oddly_is_a_failed_attempt(
    words: bytes, error: str, teller: Teller
) -> None:
    odd = Mute(words)
    made = teller.add(odd.url)
    until(lambda: teller.log(made)[0]["error"] or teller.log(made)[0]["state"] == "delivered")
    (told,) = teller.log(made)
    assert error in told["error"]
    assert (told["state"] == "delivered") is (error == "")
    teller.delete(made)
    odd.close()


def test_receiver_that_says_nothing_keeps_no_other_waiting(
    desk: Desk, teller: Teller, receiver: Receiver
) -> None:
    mute = Mute()
    silent = teller.add(mute.url)
    until(lambda: mute.taken)
    made = teller.add(receiver.url)
    app = add_credential(desk.service, teller.admin)
    client_token(desk.service, app)
    until(lambda: receiver.of("credential.created", app.client_id), lambda: teller.log(made))
    until(lambda: teller.log(silent, "webhook.created")[0]["error"])
    assert teller.log(silent, "webhook.created")[0]["error"] == "no answer within 10 seconds"
    for one in (silent, made):
        teller.delete(one)
    mute.close()


@pytest.mark.parametrize("trusted", [True, False])
def test_certificate_must_hold(*, trusted: bool, desk: Desk, teller: Teller) -> None:
    one = Receiver(desk.authority if trusted else trustme.CA())
    made = teller.add(one.url)
    until(lambda: teller.log(made)[0]["state"] == "delivered" or teller.log(made)[0]["error"])
    (told,) = teller.log(made)
    assert (told["state"] == "delivered") is trusted
    assert trusted or told["error"].startswith("TLS: ")
    assert len(one.got) == int(trusted)
    teller.delete(made)
    one.close()


HERE = "http://127.0.0.1:9/"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": None},
        {"url": 7},
        {"url": ""},
        {"url": "hook"},
        {"url": "http://alerts.example/"},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {"url": "http://127.0.0.1.alerts.example/"},
        {"url": "http://localhost@alerts.example/"},
        {"url": "ftp://127.0.0.1/"},
        {"url": "file:///etc/passwd"},
        {"url": "https://"},
        {"url": "https://user:secret@alerts.example/"},
        {"url": "https://alerts.example/#part"},
        {"url": "https://alerts.example:0/"},
        {"url": "https://alerts.example:99999/"},
        {"url": "https://alerts.example/a b"},
        {"url": "https://alerts.example/a\r\nHost: b"},
        {"url": "https://älerts.example/"},
        {"url": "https://alerts.example/" + "a" * 2000},
        {"url": HERE, "events": "secret"},
        {"url": HERE, "events": ["sign_in"]},
        {"url": HERE, "events": ["secret."]},
        {"url": HERE, "events": ["secret leaked"]},
        {"url": HERE, "events": [1]},
        {"url": HERE, "events": ["secret"] * 51},
        {"url": HERE, "secret": "whsec_of-my-own"},
        {"url": HERE, "colour": "blue"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_unfit_webhook_is_refused(body: dict[str, Any], teller: Teller) -> None:
    before = teller.ask("GET").json()
    answer = teller.ask("POST", body=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert "user:secret" not in answer.text
    assert teller.ask("GET").json() == before


def test_only_administrators_in_person_see_webhooks(desk: Desk, teller: Teller) -> None:
    program = client_token(desk.service, add_credential(desk.service, teller.admin))
    ways = [("GET", ""), ("POST", ""), ("DELETE", f"/{UNKNOWN}"), ("GET", f"/{UNKNOWN}/deliveries")]
    for method, end in ways:
        for token in (desk.somebody.owner.token, program):
            shown = {"Authorization": f"Bearer {token}"}
            answer = desk.http.request(method, WEBHOOKS + end, json={"url": HERE}, headers=shown)
            assert answer.status_code == 403
    for method, end in ways[2:]:
        assert teller.ask(method, end).status_code == 404
    assert teller.ask("GET", "/a%00b/deliveries").status_code == 404


def test_there_may_be_twenty(teller: Teller) -> None:
    made = [teller.add(HERE) for _ in range(20 - len(teller.ask("GET").json()))]
    answer = teller.ask("POST", body={"url": HERE})
    assert (answer.status_code, "20 webhooks" in answer.text) == (409, True)
    for one in made:
        teller.delete(one)
