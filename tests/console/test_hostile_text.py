"""Text that would be a script in a page is text there, whichever field it came from."""

import re

import httpx
import pytest

from tests.conftest import StartService
from tests.console.browser import Browser, scripts
from tests.console.conftest import Open
from tests.people import CLIENTS, USERS, Person, add_person, sign_in
from tests.service import Service

SCRIPT = """"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"""
EMAIL = """"'><img/src=x/onerror=alert(1)>@people.example"""
NEW = "a password nobody had before"


def pages_of(browser: Browser, client_id: str) -> list[str]:
    """Every page that shows what people wrote."""
    one = f"/credentials/{client_id}"
    paths = ["/credentials", one, one + "/delete", one + "/secret", "/account", "/try"]
    return [browser.get(path).text for path in paths]


@pytest.fixture(scope="module")
def hostile(service: Service, admin: Person, http: httpx.Client) -> Person:
    """Somebody whose address is a piece of a page, with a credential that is one too."""
    given = {"email": EMAIL, "password": NEW}
    answer = http.post(USERS, json=given, headers=admin.bearer)
    assert answer.status_code == 201, answer.text
    return sign_in(service, EMAIL, NEW)


def test_text_that_is_kept_stays_text(hostile: Person, browse: Open, http: httpx.Client) -> None:
    browser = browse(hostile, **{"user-agent": SCRIPT})
    given = {"name": SCRIPT, "description": SCRIPT}
    made = http.post(CLIENTS, json=given, headers=hostile.bearer).json()
    for page in pages_of(browser, made["client_id"]):
        assert "&lt;" in page
        assert scripts(page) == []


def test_administrator_sees_it_as_text_too(
    hostile: Person, browse: Open, admin: Person, http: httpx.Client
) -> None:
    http.post(CLIENTS, json={"name": SCRIPT}, headers=hostile.bearer)
    browser = browse(admin)
    link = browser.follow(browser.send("/users", f"/users/{hostile.id}/reset")).text
    for page in (browser.get("/users").text, browser.get("/all-credentials").text, link):
        assert scripts(page) == []
    assert "&lt;img/src" in link


@pytest.mark.parametrize(
    ("page", "action", "field"),
    [
        ("/credentials/new", "/credentials/new", "name"),
        ("/credentials/new", "/credentials/new", "expires_on"),
        ("/try", "/try", "client_id"),
        ("/try", "/try", "client_secret"),
        ("/account", "/account/password", "current_password"),
        ("/users", "/users", "email"),
    ],
)
def test_text_that_is_given_back_stays_text(
    page: str, action: str, field: str, browse: Open, admin: Person
) -> None:
    fields = {"name": SCRIPT * 9, "as": "credential"} | {field: SCRIPT * 9}
    answer = browse(admin).send(page, action, **fields)
    assert answer.status_code == 422
    assert scripts(answer.text) == []


def test_sign_in_gives_the_address_back_as_text(browse: Open) -> None:
    # A password of its own: names hold SCRIPT in clear, a password nothing (`make canary`).
    answer = browse().send("/sign-in", "/sign-in", email=SCRIPT, password=SCRIPT + NEW)
    assert answer.status_code == 422
    assert "&lt;script" in answer.text
    assert scripts(answer.text) == []


def test_no_secret_reaches_the_log(start_service: StartService) -> None:
    service = start_service({"log_level": "debug"})
    person = add_person(service, admin=True)
    browser = Browser(service).sign_in(person)
    _, page = browser.new_credential(name="logged")
    secret = re.findall(r"ths_[A-Za-z0-9_-]{60}", page)[0]
    held = list(browser.http.cookies.values())
    link = browser.follow(browser.send("/users", f"/users/{person.id}/reset")).text
    (token,) = set(re.findall(r"/console/reset/([A-Za-z0-9_.-]+)", link))
    browser.get(f"/reset/{token}")
    browser.http.close()
    service.stop()
    assert not [one for one in (secret, person.password, token, *held) if one in service.log]
    kept = b"".join(file.read_bytes() for file in service.data_dir.glob("*.db*"))
    assert not [one for one in (secret, person.password, token, *held) if one.encode() in kept]
