"""Rotating secrets and registering keys from the command line, beside a running server."""

import json
from pathlib import Path

import httpx
import pytest

from tests import keypair
from tests.people import CLIENTS, Credential, add_credential, add_person, client_token
from tests.proofs import claims, keys_of, secrets_of, statuses, with_secret
from tests.protocol.table import by_jwt
from tests.raw import send
from tests.service import Service

UNKNOWN = "5b6e0c1f-7d0a-4c57-9f5e-2a8d3f1c6be4"


@pytest.fixture
def app(service: Service) -> Credential:
    """Fresh app credentials."""
    return add_credential(service, add_person(service), name="nightly")


def done(service: Service, *args: str) -> str:
    """Run a command on credentials that must succeed; what it printed."""
    ended = service.cli("credential", *args)
    assert ended.returncode == 0, ended
    return ended.stdout


def refused(service: Service, *args: str) -> str:
    """Run a command that must be refused: exit 1, and one line that says why."""
    ended = service.cli("credential", *args)
    assert (ended.returncode, ended.stdout) == (1, ""), ended
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_rotated_secret_works_at_once_and_the_old_one_until_its_end(
    service: Service, http: httpx.Client, app: Credential
) -> None:
    printed = done(service, "rotate", app.client_id, "--overlap", "3600", "--label", "spring")
    words = printed.split()
    assert words[::2] == ["client_id", "client_secret"]
    assert words[1] == app.client_id
    assert statuses(service, app) == statuses(service, with_secret(app, words[3])) == {200}
    seen = http.get(secrets_of(app), headers=app.owner.bearer).json()
    assert [one["label"] for one in seen] == ["", "spring"]
    shown = json.loads(done(service, "secrets", app.client_id, "--json"))
    assert [one["secret_id"] for one in shown] == [one["secret_id"] for one in seen]
    assert set(shown[0]) == set(seen[0])
    assert words[3] not in done(service, "secrets", app.client_id)
    assert "at most" in refused(service, "rotate", app.client_id)


def test_overlap_of_nothing_ends_the_old_secret_at_once(service: Service, app: Credential) -> None:
    made = json.loads(done(service, "rotate", app.client_id, "--overlap", "0", "--json"))
    assert set(made) == {"secret_id", "client_secret", "label", "created_at", "expires_at"}
    assert statuses(service, app) == {401}
    assert statuses(service, with_secret(app, made["client_secret"])) == {200}


def test_secret_is_deleted_but_not_the_last_one(
    service: Service, http: httpx.Client, app: Credential
) -> None:
    made = json.loads(done(service, "rotate", app.client_id, "--json"))
    old = http.get(secrets_of(app), headers=app.owner.bearer).json()[0]["secret_id"]
    assert old in done(service, "delete-secret", app.client_id, old)
    assert statuses(service, app) == {401}
    assert "no secret" in refused(service, "delete-secret", app.client_id, old)
    assert "last means" in refused(service, "delete-secret", app.client_id, made["secret_id"])


def test_keys_are_set_shown_and_removed(
    service: Service, http: httpx.Client, app: Credential, tmp_path: Path
) -> None:
    pair, file = keypair.make("ES256"), tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [pair.public]}), "utf-8")
    done(service, "set-keys", app.client_id, str(file))
    assert json.loads(done(service, "keys", app.client_id)) == {"keys": [pair.public]}
    assert http.get(keys_of(app), headers=app.owner.bearer).json() == {"keys": [pair.public]}
    request = by_jwt(pair.compact(claims(service, app.client_id)))
    assert send(service.port, request).status == 200
    done(service, "remove-keys", app.client_id)
    assert json.loads(done(service, "keys", app.client_id)) == {"keys": []}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "JWK Set"),
        ("[]", "JWK Set"),
        ('{"keys":1}', "JWK Set"),
        ('{"keys":["a"]}', "JWK Set"),
        ('{"keys":[{"kty":"oct","k":"a"}]}', "symmetric"),
        ('{"keys":[{"kty":"EC","d":"a"}]}', "private"),
    ],
)
def test_file_without_good_keys_is_refused(
    text: str, reason: str, service: Service, app: Credential, tmp_path: Path
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text, "utf-8")
    assert reason in refused(service, "set-keys", app.client_id, str(file))
    assert json.loads(done(service, "keys", app.client_id)) == {"keys": []}


def test_missing_file_is_refused(service: Service, app: Credential, tmp_path: Path) -> None:
    assert "cannot read" in refused(service, "set-keys", app.client_id, str(tmp_path / "none"))


def test_credential_is_shown_as_its_owner_sees_it(
    service: Service, http: httpx.Client, app: Credential
) -> None:
    seen = http.get(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).json()
    assert json.loads(done(service, "show", app.client_id, "--json")) == seen
    printed = dict(
        line.split(maxsplit=1) for line in done(service, "show", app.client_id).splitlines()
    )
    assert (printed["name"], printed["disabled"], printed["expires_at"]) == ("nightly", "no", "-")
    assert (printed["scopes"], printed["jwks"]) == ("-", "-")


def test_operator_s_credential_names_who_made_it(service: Service) -> None:
    person = add_person(service)
    made = json.loads(done(service, "create", "--user", person.email, "--json"))
    assert (made["created_by"], made["user_id"]) == ("operator", person.id)


def test_credential_is_changed_disabled_and_enabled(
    service: Service, http: httpx.Client, app: Credential
) -> None:
    done(service, "change", app.client_id, "--name", "weekly", "--expires-in", "3600")
    done(service, "change", app.client_id, "--method", "client_secret_jwt")
    seen = http.get(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).json()
    assert (seen["name"], seen["auth_methods"]) == ("weekly", ["client_secret_jwt"])
    assert seen["expires_at"] is not None
    assert statuses(service, app) == {200, 401}
    done(service, "change", app.client_id, "--any-method", "--expires-in", "0")
    seen = http.get(f"{CLIENTS}/{app.client_id}", headers=app.owner.bearer).json()
    assert (seen["auth_methods"], seen["expires_at"]) == (None, None)
    done(service, "disable", app.client_id)
    assert statuses(service, app) == {401}
    done(service, "enable", app.client_id)
    assert statuses(service, app) == {200}
    assert client_token(service, app)


def test_credential_is_made_and_changed_in_all_that_the_owner_could(service: Service) -> None:
    person = add_person(service)
    for name in ("cli:read", "cli:write"):
        assert service.cli("scope", "add", name).returncode == 0
    try:
        methods = ("--method", "client_secret_jwt", "--method", "client_secret_basic")
        asked = ("--user", person.email, "--scope", "cli:read", *methods, "--json")
        made = json.loads(done(service, "create", *asked))
        assert made["scopes"] == ["cli:read"]
        assert made["auth_methods"] == ["client_secret_jwt", "client_secret_basic"]
        client_id = made["client_id"]
        changes = ("--scope", "cli:write", "--introspect-all", "--detach")
        done(service, "change", client_id, *changes)
        shown = json.loads(done(service, "show", client_id, "--json"))
        assert (shown["scopes"], shown["may_introspect"]) == (["cli:write"], True)
        done(service, "change", client_id, "--any-scope", "--introspect-own", "--any-method")
        shown = json.loads(done(service, "show", client_id, "--json"))
        assert (shown["scopes"], shown["may_introspect"]) == (None, False)
        assert shown["auth_methods"] is None
        assert "not defined" in refused(service, "change", client_id, "--scope", "other")
    finally:
        for name in ("cli:read", "cli:write"):
            assert service.cli("scope", "delete", name).returncode == 0


def test_child_that_is_detached_outlives_its_maker(
    service: Service, http: httpx.Client, app: Credential
) -> None:
    bearer = {"Authorization": f"Bearer {client_token(service, app)}"}
    kept, lost = (http.post(CLIENTS, headers=bearer).json()["client_id"] for _ in range(2))
    done(service, "change", kept, "--detach")
    done(service, "delete", app.client_id)
    assert json.loads(done(service, "show", kept, "--json"))["parent_id"] is None
    assert lost in refused(service, "show", lost)


@pytest.mark.parametrize(
    "args",
    [
        ("rotate", UNKNOWN),
        ("secrets", UNKNOWN),
        ("delete-secret", UNKNOWN, UNKNOWN),
        ("keys", UNKNOWN),
        ("remove-keys", UNKNOWN),
        ("show", UNKNOWN),
        ("disable", UNKNOWN),
        ("change", UNKNOWN, "--name", "a"),
        ("delete", UNKNOWN),
    ],
    ids=lambda args: args[0],
)
def test_unknown_credential_is_refused(args: tuple[str, ...], service: Service) -> None:
    assert UNKNOWN in refused(service, *args)


@pytest.mark.parametrize(
    "args",
    [
        ("rotate", UNKNOWN, "--overlap", "-1"),
        ("rotate", UNKNOWN, "--overlap", "7776001"),
        ("rotate", UNKNOWN, "--overlap", "soon"),
        ("rotate", UNKNOWN, "--label", "a" * 201),
        ("change", UNKNOWN, "--method", "none"),
        ("change", UNKNOWN, "--name", "a" * 201),
        ("set-keys", UNKNOWN),
        ("delete-secret", UNKNOWN),
    ],
    ids=str,
)
def test_wrong_usage_is_exit_2(args: tuple[str, ...], service: Service) -> None:
    assert service.cli("credential", *args).returncode == 2
