"""What the operator's commands do, and that a running server knows of it at once."""

import json
import secrets
from typing import Any

import httpx
import pytest

from tests.people import BASIC, ME, TOKEN, add_person
from tests.service import Service


def done(service: Service, *args: str, given: str = "") -> str:
    """Run a command that must succeed; what it printed."""
    ended = service.cli(*args, input=given)
    assert (ended.returncode, ended.stderr) == (0, ""), ended
    return ended.stdout


def shown(service: Service, *args: str) -> Any:
    """Run a command with --json that must succeed; what it showed."""
    return json.loads(done(service, *args, "--json"))


def basic(http: httpx.Client, email: str, password: str) -> int:
    """The status that the Basic route answers."""
    return http.get(BASIC, auth=(email.encode(), password.encode())).status_code


def token(http: httpx.Client, made: dict[str, Any]) -> httpx.Response:
    """Ask for a token with app credentials."""
    credentials = (made["client_id"], made["client_secret"])
    return http.post(TOKEN, data={"grant_type": "client_credentials"}, auth=credentials)


def me(http: httpx.Client, access_token: str) -> int:
    """The status of the page that any good token may read."""
    return http.get(ME, headers={"Authorization": f"Bearer {access_token}"}).status_code


def test_a_user_is_added_and_shown(service: Service, http: httpx.Client) -> None:
    email, password = f"{secrets.token_hex(8)}@people.example", secrets.token_urlsafe(24)
    printed = done(service, "user", "add", email, "--password-stdin", given=password)
    assert printed.startswith("Added ")
    assert email in printed
    assert password not in printed
    assert basic(http, email, password) == 200
    user = shown(service, "user", "show", email)
    assert {name: user[name] for name in user if name != "id"} == {
        "email": email,
        "is_active": True,
        "is_superuser": False,
        "is_verified": True,
    }
    assert user in shown(service, "user", "list")
    assert f"{user['id']}  active" in done(service, "user", "list")


def test_an_admin_is_added(service: Service) -> None:
    email = f"{secrets.token_hex(8)}@people.example"
    add = ("user", "add", email, "--admin", "--password-stdin", "--json")
    user = json.loads(done(service, *add, given=secrets.token_urlsafe(24)))
    assert user["is_superuser"] is True
    assert user == shown(service, "user", "show", email)


def test_an_address_is_found_however_it_is_written(service: Service) -> None:
    person = add_person(service)
    assert shown(service, "user", "show", person.email.upper())["id"] == person.id


def test_a_disabled_user_is_refused_until_enabled(service: Service, http: httpx.Client) -> None:
    person = add_person(service)
    made = shown(service, "credential", "create", "--user", person.email)
    held = token(http, made).json()["access_token"]
    assert "Disabled" in done(service, "user", "disable", person.email)
    assert shown(service, "user", "show", person.email)["is_active"] is False
    assert basic(http, person.email, person.password) == 400
    assert token(http, made).status_code == 401
    assert [me(http, person.token), me(http, held)] == [401, 401]
    assert "Enabled" in done(service, "user", "enable", person.email)
    assert basic(http, person.email, person.password) == 200
    assert token(http, made).status_code == 200
    assert [me(http, person.token), me(http, held)] == [401, 401]


def test_a_new_password_ends_the_old_one_and_its_tokens(
    service: Service, http: httpx.Client
) -> None:
    person, password = add_person(service), secrets.token_urlsafe(24)
    made = shown(service, "credential", "create", "--user", person.email)
    held = token(http, made).json()["access_token"]
    done(service, "user", "set-password", person.email, "--password-stdin", given=password)
    assert basic(http, person.email, person.password) == 400
    assert basic(http, person.email, password) == 200
    assert [me(http, person.token), me(http, held)] == [401, 200]


def test_a_deleted_user_is_gone_and_the_address_free(service: Service, http: httpx.Client) -> None:
    person = add_person(service)
    made = shown(service, "credential", "create", "--user", person.email)
    assert "Deleted" in done(service, "user", "delete", person.email)
    assert basic(http, person.email, person.password) == 400
    assert token(http, made).status_code == 401
    assert me(http, person.token) == 401
    assert person.email not in done(service, "user", "list")
    add = ("user", "add", person.email, "--password-stdin", "--json")
    again = json.loads(done(service, *add, given=person.password))
    assert again["id"] != person.id
    assert shown(service, "credential", "list", "--user", person.email) == []


def test_app_credentials_are_made_listed_and_deleted(service: Service, http: httpx.Client) -> None:
    person = add_person(service)
    whose = ("--user", person.email)
    assert "credential create --user" in done(service, "credential", "list", *whose)
    made = shown(service, "credential", "create", *whose, "--name", "nächtlich")
    assert (made["user_id"], made["name"]) == (person.id, "nächtlich")
    listed = shown(service, "credential", "list", *whose)
    assert listed == [{name: made[name] for name in made if name != "client_secret"}]
    text = done(service, "credential", "list", *whose)
    assert made["client_id"] in text
    assert "nächtlich" in text
    assert made["client_secret"] not in text
    seen = http.get("/api/v1/clients", headers=person.bearer).json()
    assert seen == listed
    access_token = token(http, made).json()["access_token"]
    done(service, "credential", "delete", made["client_id"])
    assert token(http, made).status_code == 401
    assert me(http, access_token) == 401
    assert shown(service, "credential", "list", *whose) == []


def test_new_app_credentials_are_printed_once(service: Service, http: httpx.Client) -> None:
    person = add_person(service)
    words = done(service, "credential", "create", "--user", person.email).split()
    assert words[::2] == ["client_id", "client_secret"]
    assert token(http, dict(zip(words[::2], words[1::2], strict=True))).status_code == 200


def test_the_signing_keys_are_those_that_apis_see(service: Service, http: httpx.Client) -> None:
    published = http.get("/.well-known/jwks.json").json()["keys"]
    listed = shown(service, "key", "list")
    assert [key["kid"] for key in listed] == [key["kid"] for key in published]
    assert [key["alg"] for key in listed] == ["ES256"]
    assert [key["use"] for key in listed] == ["signs"]
    assert listed[0]["kid"] in done(service, "key", "list")


def test_the_database_is_checked_beside_a_running_server(service: Service) -> None:
    assert done(service, "db", "upgrade").startswith("nothing to do: ")
    assert done(service, "db", "check") == "All is well.\n"
    assert shown(service, "db", "check") == {"ok": True, "findings": []}


@pytest.fixture(scope="module")
def there(service: Service) -> dict[str, str]:
    """A user, app credentials of another, and names of nobody and nothing."""
    taken, other = add_person(service), add_person(service)
    return {
        "nobody": "nobody@people.example",
        "taken": taken.email,
        "TAKEN": taken.email.upper(),
        "id": "00000000-0000-4000-8000-000000000000",
        "own": shown(service, "credential", "create", "--user", other.email)["client_id"],
    }


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ("user show {nobody}", "there is no user {nobody}; run: tokenhouse user list --data-dir "),
        ("user set-password {nobody} --password-stdin", "there is no user {nobody}; "),
        ("user disable {nobody}", "there is no user {nobody}; "),
        ("user enable {nobody}", "there is no user {nobody}; "),
        ("user delete {nobody}", "there is no user {nobody}; "),
        ("user add {taken} --password-stdin", "there is a user with the e-mail address {taken} al"),
        ("user add {TAKEN} --password-stdin", "there is a user with the e-mail address {TAKEN} al"),
        ("user add nobody --password-stdin", "not an e-mail address that can be used"),
        ("user add a:b@c.example --password-stdin", "not an e-mail address that can be used"),
        ("credential list --user {nobody}", "there is no user {nobody}; "),
        ("credential create --user {nobody}", "there is no user {nobody}; "),
        ("credential delete {id}", "there are no app credentials {id}; "),
        ("credential delete {id} --user {nobody}", "there is no user {nobody}; "),
        ("credential delete {own} --user {taken}", "{taken} has no app credentials {own}; "),
        ("credential delete not-an-id", "there are no app credentials not-an-id; "),
    ],
)
def test_what_is_not_there_or_there_already_is_said_in_one_line(
    service: Service, there: dict[str, str], args: str, says: str
) -> None:
    ended = service.cli(*args.format(**there).split(), input="a long enough password")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"tokenhouse: {says.format(**there)}"), ended.stderr
    assert ended.stderr.count("\n") == 1
