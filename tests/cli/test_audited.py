"""Every way to change something, over REST and on the command line, is an event of the trail.

A row is what is done, and the events that it leaves: these and no other. The trap: a second door
to the same change that forgets to record it.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.documents.scene import PUBLIC_KEY
from tests.people import (
    BASIC,
    CLIENTS,
    ME,
    TOKEN,
    USERS,
    Credential,
    Person,
    add_credential,
    add_person,
    client_token,
)
from tests.service import Service

EVENTS = "/api/v1/audit-events"
SCOPES = "/api/v1/scopes"
WEBHOOKS, NOWHERE = "/api/v1/webhooks", "http://127.0.0.1:9/"
KEYS = {"keys": [PUBLIC_KEY]}
# The throttle of accounts and of secrets is on, with room for what the other rows do.
LIMITS = {"login_failures_per_account": "3", "client_failures_per_source": "3"}
Events = list[str]


@dataclass
class Scene:
    """A service, an administrator of it, and how to act there."""

    service: Service
    admin: Person
    http: httpx.Client

    def rest(self, method: str, path: str, body: object = None, who: Person | None = None) -> Any:
        """Call the management API as `who`, else as the administrator."""
        headers = (who or self.admin).bearer
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def run(self, *args: str, typed: str = "") -> str:
        """Run a command."""
        done = self.service.cli(*args, input=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def someone(self) -> Person:
        """A fresh person."""
        return add_person(self.service)

    def app(self) -> Credential:
        """Fresh app credentials of the administrator."""
        return add_credential(self.service, self.admin)

    def newest(self) -> int:
        """The number of the newest event."""
        return int(self.rest("GET", f"{EVENTS}?limit=1")[0]["id"])

    def since(self, number: int) -> Events:
        """What was done after an event, oldest first; refusals have an exclamation mark."""
        found = [event for event in self.rest("GET", f"{EVENTS}?limit=100") if event["id"] > number]
        marks = {"done": "", "refused": "!"}
        return [event["action"] + marks[event["outcome"]] for event in reversed(found)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A service of this module's own."""
    home = tmp_path_factory.mktemp("audited")
    with (
        Service(home, 1, LIMITS) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http,
    ):
        yield Scene(service, add_person(service, admin=True), http)


Act = Callable[[], object]
Prepare = Callable[[Scene], Act]


def new_password(s: Scene, who: Person) -> Act:
    body = {"current_password": who.password, "new_password": secrets.token_urlsafe(18)}
    return lambda: s.rest("PUT", f"{ME}/password", body, who)


def sign_in(s: Scene, who: Person, password: str, times: int = 1) -> Act:
    return lambda: [s.http.get(BASIC, auth=(who.email, password)) for _ in range(times)]


def guess_secret(s: Scene, times: int) -> Act:
    app, other = s.app(), s.app()
    auth = (app.client_id, other.client_secret)
    form = {"grant_type": "client_credentials"}
    return lambda: [s.http.post(TOKEN, data=form, auth=auth) for _ in range(times)]


def of_user(s: Scene, method: str, body: object = None) -> Act:
    who = s.someone()
    return lambda: s.rest(method, f"{USERS}/{who.id}", body)


def of_app(s: Scene, method: str, end: str = "", body: object = None) -> Act:
    app = s.app()
    return lambda: s.rest(method, f"{CLIENTS}/{app.client_id}{end}", body)


def rotated(s: Scene) -> tuple[str, str]:
    """App credentials with two secrets: the id of them, and of the new secret."""
    app = s.app()
    made = s.rest("POST", f"{CLIENTS}/{app.client_id}/secrets", {})
    return app.client_id, made["secret_id"]


def delete_secret(s: Scene) -> Act:
    client_id, secret_id = rotated(s)
    return lambda: s.rest("DELETE", f"{CLIENTS}/{client_id}/secrets/{secret_id}")


def delete_secret_by_command(s: Scene) -> Act:
    client_id, secret_id = rotated(s)
    return lambda: s.run("credential", "delete-secret", client_id, secret_id)


def with_keys(s: Scene) -> str:
    """App credentials that have keys."""
    app = s.app()
    s.rest("PUT", f"{CLIENTS}/{app.client_id}/jwks", KEYS)
    return app.client_id


def remove_keys(s: Scene) -> Act:
    client_id = with_keys(s)
    return lambda: s.rest("DELETE", f"{CLIENTS}/{client_id}/jwks")


def remove_keys_by_command(s: Scene) -> Act:
    client_id = with_keys(s)
    return lambda: s.run("credential", "remove-keys", client_id)


def key_file(s: Scene) -> str:
    """A JWK Set in a file."""
    path = Path(s.service.home) / "keys.json"
    path.write_text(json.dumps(KEYS))
    return str(path)


def command(*args: str, typed: str = "") -> Prepare:
    """A command about app credentials (`CLIENT_ID`) or a person (`EMAIL`)."""

    def prepare(s: Scene) -> Act:
        named = {"FILE": lambda: key_file(s)}
        named["WEBHOOK_ID"] = lambda: webhook(s).rpartition("/")[2]
        named |= {"CLIENT_ID": lambda: s.app().client_id, "EMAIL": lambda: s.someone().email}
        words = [named[word]() if word in named else word for word in args]
        return lambda: s.run(*words, typed=typed)

    return prepare


def defined(s: Scene) -> str:
    """A scope."""
    name = f"scope:{secrets.token_hex(4)}"
    s.rest("POST", SCOPES, {"name": name})
    return name


def delete_scope(s: Scene) -> Act:
    name = defined(s)
    return lambda: s.rest("DELETE", f"{SCOPES}/{name}")


def delete_scope_by_command(s: Scene) -> Act:
    name = defined(s)
    return lambda: s.run("scope", "delete", name)


def revoke(s: Scene) -> Act:
    app = s.app()
    form, auth = {"token": client_token(s.service, app)}, (app.client_id, app.client_secret)
    return lambda: s.http.post("/api/v1/auth/jwt/revoke", data=form, auth=auth)


def webhook(s: Scene) -> str:
    return f"{WEBHOOKS}/{s.rest('POST', WEBHOOKS, {'url': NOWHERE, 'events': ['user']})['id']}"


def add_user(s: Scene) -> Act:
    body = {"email": f"{secrets.token_hex(6)}@new.example", "password": secrets.token_urlsafe(18)}
    return lambda: s.rest("POST", USERS, body)


PASSWORD = "a password of the command line"  # noqa: S105 - of a person made up for the test
REST: dict[str, tuple[Prepare, Events]] = {
    "sign-in": (lambda s: sign_in(s, s.admin, s.admin.password), ["sign_in"]),
    "sign-in-refused": (lambda s: sign_in(s, s.someone(), "no"), ["sign_in!"]),
    "sign-in-throttled": (
        lambda s: sign_in(s, s.someone(), "no", 4),
        ["sign_in!", "sign_in!", "sign_in.throttled!", "sign_in!"],
    ),
    "secrets-guessed": (lambda s: guess_secret(s, 4), ["client_secret.throttled!"]),
    "new-password": (lambda s: new_password(s, s.someone()), ["sign_in", "password.changed"]),
    "user-added": (add_user, ["user.created"]),
    "user-disabled": (lambda s: of_user(s, "PATCH", {"is_active": False}), ["user.disabled"]),
    "user-made-admin": (lambda s: of_user(s, "PATCH", {"is_superuser": True}), ["user.changed"]),
    "user-password": (lambda s: of_user(s, "PATCH", {"password": PASSWORD}), ["password.changed"]),
    "user-deleted": (lambda s: of_user(s, "DELETE"), ["user.deleted"]),
    "credential-created": (lambda s: s.app, ["credential.created"]),
    "credential-changed": (lambda s: of_app(s, "PATCH", "", {"name": "n"}), ["credential.changed"]),
    "credential-deleted": (lambda s: of_app(s, "DELETE"), ["credential.deleted"]),
    "secret-created": (lambda s: of_app(s, "POST", "/secrets", {}), ["secret.created"]),
    "secret-deleted": (delete_secret, ["secret.deleted"]),
    "keys-registered": (lambda s: of_app(s, "PUT", "/jwks", KEYS), ["client_keys.replaced"]),
    "keys-removed": (remove_keys, ["client_keys.replaced"]),
    "scope-defined": (lambda s: lambda: defined(s), ["scope.created"]),
    "scope-deleted": (delete_scope, ["scope.deleted"]),
    "webhook-added": (lambda s: lambda: webhook(s), ["webhook.created"]),
    "webhook-deleted": (lambda s: partial(s.rest, "DELETE", webhook(s)), ["webhook.deleted"]),
    "token-revoked": (revoke, ["token.revoked"]),
    "signing-key": (
        lambda s: lambda: s.rest("POST", "/api/v1/keys/rotate", {"now": True}),
        ["signing_key.created"],
    ),
}
CLI: dict[str, tuple[Prepare, Events]] = {
    "user-added": (
        command("user", "add", "new@people.example", "--password-stdin", typed=PASSWORD),
        ["user.created"],
    ),
    "user-password": (
        command("user", "set-password", "EMAIL", "--password-stdin", typed=PASSWORD),
        ["password.changed"],
    ),
    "user-disabled": (command("user", "disable", "EMAIL"), ["user.disabled"]),
    "user-deleted": (command("user", "delete", "EMAIL"), ["user.deleted"]),
    "credential-created": (
        command("credential", "create", "--user", "EMAIL"),
        ["credential.created"],
    ),
    "credential-changed": (
        command("credential", "change", "CLIENT_ID", "--name", "n"),
        ["credential.changed"],
    ),
    "credential-disabled": (command("credential", "disable", "CLIENT_ID"), ["credential.changed"]),
    "credential-deleted": (command("credential", "delete", "CLIENT_ID"), ["credential.deleted"]),
    "secret-created": (command("credential", "rotate", "CLIENT_ID"), ["secret.created"]),
    "secret-deleted": (delete_secret_by_command, ["secret.deleted"]),
    "keys-registered": (
        command("credential", "set-keys", "CLIENT_ID", "FILE"),
        ["client_keys.replaced"],
    ),
    "keys-removed": (remove_keys_by_command, ["client_keys.replaced"]),
    "scope-defined": (command("scope", "add", "command:new"), ["scope.created"]),
    "scope-deleted": (delete_scope_by_command, ["scope.deleted"]),
    "webhook-added": (command("webhook", "add", NOWHERE), ["webhook.created"]),
    "webhook-deleted": (command("webhook", "delete", "WEBHOOK_ID"), ["webhook.deleted"]),
    "signing-key": (command("key", "rotate", "--now"), ["signing_key.created"]),
    "master-key": (command("key", "rewrap", "--new-master-key"), ["master_key.changed"]),
}


@pytest.mark.parametrize(("prepare", "expected"), REST.values(), ids=REST)
def test_change_over_rest_is_recorded(scene: Scene, prepare: Prepare, expected: Events) -> None:
    act = prepare(scene)
    before = scene.newest()
    act()
    assert scene.since(before) == expected


@pytest.mark.parametrize(("prepare", "expected"), CLI.values(), ids=CLI)
def test_change_by_command_is_recorded(scene: Scene, prepare: Prepare, expected: Events) -> None:
    act = prepare(scene)
    before = scene.newest()
    act()
    assert scene.since(before) == expected
    actors = {event["actor"] for event in scene.rest("GET", f"{EVENTS}?limit={len(expected)}")}
    assert actors == {"operator"}


def test_changed_settings_are_recorded_once_and_without_secrets(scene: Scene) -> None:
    found = [event["details"] for event in scene.rest("GET", f"{EVENTS}?action=settings.changed")]
    assert len(found) == 1
    assert found[0]["login_failures_per_account"] == 3
    assert not {"database_url", "master_key_file", "data_dir"} & found[0].keys()
