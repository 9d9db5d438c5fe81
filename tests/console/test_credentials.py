"""My credentials: made, shown once, rotated, disabled, deleted, and tried out."""

import base64
import html
import re
import shlex

import httpx
import pytest

from tests.conftest import MakePerson
from tests.console.browser import CONSOLE, SECRET, forms, secret_of
from tests.console.conftest import Open
from tests.people import CLIENTS, TOKEN, Person, add_credential, client_token
from tests.service import Service

DAY = "2031-12-31"
METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")


def token_status(http: httpx.Client, client_id: str, secret: str) -> int:
    """What the token endpoint answers to these credentials."""
    grant = {"grant_type": "client_credentials"}
    return http.post(TOKEN, data=grant, auth=(client_id, secret)).status_code


def test_empty_list_says_what_to_do(browse: Open, person: MakePerson) -> None:
    page = browse(person()).get("/credentials").text
    assert "You have no app credentials yet" in page
    assert f'href="{CONSOLE}/credentials/new"' in page


def test_new_credential_is_as_the_form_said(
    browse: Open, someone: Person, http: httpx.Client
) -> None:
    browser = browse(someone)
    client_id, page = browser.new_credential(
        name="nightly import",
        expires_on=DAY,
        client_secret_post="yes",  # noqa: S106 - a tick
    )
    made = http.get(f"{CLIENTS}/{client_id}", headers=someone.bearer).json()
    assert made["name"] == "nightly import"
    assert made["expires_at"] == "2032-01-01T00:00:00Z"
    assert made["auth_methods"] == ["client_secret_post"]
    secret, grant = secret_of(page), {"grant_type": "client_credentials"}
    form = grant | {"client_id": client_id, "client_secret": secret}
    assert http.post(TOKEN, data=form).status_code == 200
    assert token_status(http, client_id, secret) == 401
    listed = browser.get("/credentials").text
    assert client_id in listed
    assert "nightly import" in listed
    assert secret not in listed


def test_secret_is_shown_once_and_never_in_an_address(browse: Open, someone: Person) -> None:
    browser = browse(someone)
    answer = browser.send("/credentials/new", "/credentials/new", name="once")
    place = answer.headers["location"]
    assert not SECRET.search(place)
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert not SECRET.search(cookie)
    secret = secret_of(browser.http.get(place).text)
    again = browser.http.get(place)
    assert again.status_code == 200
    assert secret not in again.text
    assert "was shown already" in again.text


def test_what_shows_a_secret_is_good_for_one_session_and_page_alone(
    browse: Open, someone: Person
) -> None:
    one, two = browse(someone), browse(someone)
    place = one.send("/credentials/new", "/credentials/new").headers["location"]
    other = one.send("/credentials/new", "/credentials/new").headers["location"]
    held = one.http.cookies["tokenhouse-once"]
    assert not SECRET.search(one.http.get(place).text)  # the cookie is for the other
    two.http.cookies.set("tokenhouse-once", held)
    assert not SECRET.search(two.http.get(other).text)


def test_snippets_hold_what_they_need(browse: Open, someone: Person, service: Service) -> None:
    client_id, page = browse(someone).new_credential(name="snippets")
    secret, text = secret_of(page), html.unescape(page)
    download = re.search(r'download="tokenhouse.env" href="data:[^,]*,([^"]+)"', page)
    assert download
    lines = base64.b64decode(download[1]).decode().split()
    expected = {
        "TOKENHOUSE_URL": service.url,
        "TOKENHOUSE_CLIENT_ID": client_id,
        "TOKENHOUSE_CLIENT_SECRET": secret,
    }
    assert dict(line.split("=", 1) for line in lines) == expected
    for name, value in expected.items():
        assert f"export {name}={shlex.quote(value)}" in text
    assert text.count('data-copy="') == 7


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"name": "x" * 201}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"expires_on": "2020-01-01"}, "expires_on"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"expires_on": "9999-12-31"}, "expires_on"),
        ({"expires_on": "0001-01-01"}, "expires_on"),
        ({"expires_on": "2031-02-30"}, "expires_on"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    given: dict[str, str], wrong: str, browse: Open, someone: Person
) -> None:
    browser = browse(someone)
    client_id, _ = browser.new_credential(name="before")
    for page, action in (("/new", "/new"), (f"/{client_id}", f"/{client_id}")):
        fields = {"name": "good"} | given
        answer = browser.send("/credentials" + page, "/credentials" + action, **fields)
        assert answer.status_code == 422
        assert f'id="{wrong}-error"' in answer.text
        assert 'aria-invalid="true"' in answer.text
        assert "<title>Error: " in answer.text
    assert "before" in browser.get(f"/credentials/{client_id}").text


def test_change_keeps_what_the_form_shows(
    browse: Open, someone: Person, http: httpx.Client
) -> None:
    browser = browse(someone)
    client_id, _ = browser.new_credential(name="first", expires_on=DAY, client_secret_jwt="yes")  # noqa: S106 - a tick
    page = f"/credentials/{client_id}"
    path = f"{CLIENTS}/{client_id}"
    before = http.get(path, headers=someone.bearer).json()
    assert browser.send(page, page).status_code == 303
    assert http.get(path, headers=someone.bearer).json() == before
    assert browser.send(page, page, name="second").status_code == 303
    assert http.get(path, headers=someone.bearer).json() == before | {"name": "second"}


def test_change_of_the_name_keeps_the_very_moment_of_the_end(
    browse: Open, someone: Person, service: Service, http: httpx.Client
) -> None:
    end = "2031-05-05T17:30:00Z"
    app = add_credential(service, someone, name="first", expires_at=end)
    page, path = f"/credentials/{app.client_id}", f"{CLIENTS}/{app.client_id}"
    assert browse(someone).send(page, page, name="second").status_code == 303
    changed = http.get(path, headers=someone.bearer).json()
    assert (changed["name"], changed["expires_at"]) == ("second", end)
    over = {"expires_at": "2020-05-05T17:30:00Z"}
    http.patch(path, json=over, headers=someone.bearer)
    assert browse(someone).send(page, page, name="third").status_code == 303
    assert browse(someone).send(page, page, expires_on="").status_code == 303
    assert http.get(path, headers=someone.bearer).json()["expires_at"] is None


def test_rotation_shows_which_secret_is_in_use(
    browse: Open, someone: Person, http: httpx.Client
) -> None:
    browser = browse(someone)
    client_id, page = browser.new_credential(name="rotated")
    old = secret_of(page)
    place, action = f"/credentials/{client_id}", f"/credentials/{client_id}/rotate"
    new = secret_of(browser.follow(browser.send(place, action, overlap="86400")).text)
    assert old != new
    assert [token_status(http, client_id, one) for one in (old, new)] == [200, 200]
    shown = browser.get(place).text
    assert old[-4:] in shown
    assert new[-4:] in shown
    third = browser.send(place, action, overlap="86400")
    assert third.status_code == 422
    assert 'id="overlap-error"' in third.text
    fragment = browser.get(place + "/secrets").text
    assert "<html" not in fragment
    first = next(one for one in forms(browser.get(place)) if "/secrets/" in one)
    assert browser.send(place, first.removeprefix(CONSOLE)).status_code == 303
    assert [token_status(http, client_id, one) for one in (old, new)] == [401, 200]


def test_rotation_at_once_ends_the_old_secret(
    browse: Open, someone: Person, http: httpx.Client
) -> None:
    browser = browse(someone)
    client_id, page = browser.new_credential()
    place = f"/credentials/{client_id}"
    new = browser.follow(browser.send(place, place + "/rotate", overlap="0")).text
    pair = (secret_of(page), secret_of(new))
    assert [token_status(http, client_id, one) for one in pair] == [401, 200]


def test_disabled_and_enabled_again(browse: Open, someone: Person, http: httpx.Client) -> None:
    browser = browse(someone)
    client_id, page = browser.new_credential(name="switch")
    secret, place = secret_of(page), f"/credentials/{client_id}"
    assert browser.send(place, place + "/state").status_code == 303
    assert token_status(http, client_id, secret) == 401
    assert "disabled</span>" in browser.get(place).text
    assert browser.send(place, place + "/state").status_code == 303
    assert token_status(http, client_id, secret) == 200


@pytest.mark.parametrize("name", ["to delete", ""])
def test_deleting_takes_the_name_typed(
    name: str, browse: Open, someone: Person, http: httpx.Client
) -> None:
    browser = browse(someone)
    client_id, page = browser.new_credential(name=name)
    secret, place = secret_of(page), f"/credentials/{client_id}/delete"
    wrong = browser.send(place, place, typed="something else")
    assert wrong.status_code == 422
    assert 'id="typed-error"' in wrong.text
    assert token_status(http, client_id, secret) == 200
    assert browser.send(place, place, typed=name or client_id).status_code == 303
    assert token_status(http, client_id, secret) == 401
    assert browser.get(f"/credentials/{client_id}").status_code == 404


def test_deleting_tells_what_goes_with_it(
    browse: Open, someone: Person, service: Service, http: httpx.Client
) -> None:
    maker = add_credential(service, someone, name="maker")
    bearer = {"Authorization": f"Bearer {client_token(service, maker)}"}
    assert http.post(CLIENTS, json={"name": "its child"}, headers=bearer).status_code == 201
    page = browse(someone).get(f"/credentials/{maker.client_id}/delete").text
    assert "its child" in page
    assert maker.client_id in page
