"""The pages for administrators: people, one-time links, everybody's credentials, keys, state."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import MakePerson, StartService
from tests.console.browser import CONSOLE, Browser, Form, forms
from tests.console.conftest import Open
from tests.people import BASIC, ME, Person, add_person
from tests.service import Service

NEW = "a password nobody had before"
LINK = re.compile(r'id="link"[^>]*><code>([^<]+)')


def link_of(page: httpx.Response) -> str:
    """The path of the one-time link that a page shows, below the console."""
    found = LINK.search(page.text)
    assert found, page.text
    return urlsplit(html.unescape(found[1])).path.removeprefix(CONSOLE)


def test_person_is_added_and_sets_the_password_by_the_link(
    browse: Open, admin: Person, http: httpx.Client
) -> None:
    email = "new-person@people.example"
    browser, theirs = browse(admin), browse()
    link = link_of(browser.follow(browser.send("/users", "/users", email=email)))
    assert email in browser.get("/users").text
    short = theirs.send(link, link, new_password="short", again="short")  # noqa: S106 - too short
    assert short.status_code == 422
    assert theirs.send(link, link, new_password=NEW, again=NEW).status_code == 303
    assert http.get(BASIC, auth=httpx.BasicAuth(email, NEW)).status_code == 200
    over = theirs.get(link)
    assert over.status_code == 404
    assert "This link is over" in over.text
    twice = browser.send("/users", "/users", email=email.upper())
    assert twice.status_code == 422
    assert 'id="email-error"' in twice.text


@pytest.mark.parametrize("email", ["", "nobody", "a b@c.example", "a:b@c.example", "x" * 400])
def test_address_that_cannot_be_used_is_told_beside_its_field(
    email: str, browse: Open, admin: Person
) -> None:
    answer = browse(admin).send("/users", "/users", email=email)
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


def test_link_is_good_once_for_all_that_were_made(
    browse: Open, admin: Person, person: MakePerson
) -> None:
    one = person()
    browser = browse(admin)
    first, second = (
        link_of(browser.follow(browser.send("/users", f"/users/{one.id}/reset"))) for _ in "12"
    )
    theirs = browse(one)
    assert browse().send(first, first, new_password=NEW, again=NEW).status_code == 303
    assert not theirs.is_signed_in
    assert browse().get(second).status_code == 404
    assert browser.get(f"/users/{one.id}/link").text.count("was shown already") == 1


def test_of_many_uses_of_a_link_at_once_one_sets_the_password(
    browse: Open, admin: Person, person: MakePerson
) -> None:
    browser, one = browse(admin), person()
    link = link_of(browser.follow(browser.send("/users", f"/users/{one.id}/reset")))
    shown = [
        (each.http, forms(each.get(link))[CONSOLE + link]) for each in (browse() for _ in "1234")
    ]

    def use(http: httpx.Client, form: Form) -> int:
        given = {"new_password": NEW, "again": NEW}
        return http.post(form.action, data=form.fields | given).status_code

    with ThreadPoolExecutor(len(shown)) as threads:
        assert sorted(threads.map(use, *zip(*shown, strict=True))) == [303, 404, 404, 404]


def test_link_that_was_tampered_with_is_over(
    browse: Open, admin: Person, person: MakePerson
) -> None:
    one, other = person(), person()
    browser = browse(admin)
    link = link_of(browser.follow(browser.send("/users", f"/users/{one.id}/reset")))
    for forged in (
        link[:-1],
        link + "A",
        link.replace(one.id, other.id),
        link.replace(".0.", ".1."),
    ):
        assert browse().get(forged).status_code == 404
    service_answer = browser.send("/users", f"/users/{one.id}/state")
    assert service_answer.status_code == 303
    assert browse().get(link).status_code == 404  # disabled since


def test_person_is_disabled_and_enabled(
    browse: Open, admin: Person, person: MakePerson, http: httpx.Client
) -> None:
    one, browser = person(), browse(admin)
    action = f"/users/{one.id}/state"
    assert browser.send("/users", action).status_code == 303
    assert http.get(ME, headers=one.bearer).status_code == 401
    assert browser.send("/users", action).status_code == 303
    assert http.get(BASIC, auth=httpx.BasicAuth(one.email, one.password)).status_code == 200
    assert CONSOLE + f"/users/{admin.id}/state" not in forms(browser.get("/users"))


def test_all_credentials_are_seen_and_reached(
    browse: Open, admin: Person, person: MakePerson
) -> None:
    one = person()
    client_id, _ = browse(one).new_credential(name="somebody's")
    browser = browse(admin)
    listed, path = "", "/all-credentials"
    while path:
        page = html.unescape(browser.get(path).text)
        listed += page
        more = re.search(r'href="/console(/all-credentials\?[^"]+)"', page)
        path = more[1] if more else ""
    assert client_id in listed
    assert one.email in listed
    page = f"/credentials/{client_id}"
    assert browser.send(page, page + "/state").status_code == 303
    assert "disabled</span>" in browse(one).get(page).text


@pytest.mark.parametrize(
    "query", ["at=x&after=y", "at=1", "after=a", "at=nan&after=a", "at=1&after=%00"]
)
def test_odd_place_in_the_list_is_no_fault(query: str, browse: Open, admin: Person) -> None:
    assert browse(admin).get(f"/all-credentials?{query}").status_code == 200


def test_keys_are_listed_and_rotated(start_service: StartService) -> None:
    service = start_service()
    browser = Browser(service).sign_in(add_person(service, admin=True))
    before = browser.get("/keys").text
    assert "signs now" in before
    assert "signs next" not in before
    assert browser.send("/keys", "/keys").status_code == 303
    page = browser.get("/keys").text
    browser.http.close()
    kids = {key["kid"] for key in json.loads(service.cli("key", "list", "--json").stdout)}
    assert len(kids) == 2
    assert all(kid in page for kid in kids)
    assert "signs next" in page


def test_state_says_what_doctor_says(browse: Open, admin: Person, service: Service) -> None:
    page = html.unescape(browse(admin).get("/state").text)
    assert service.url in page
    found = service.cli("doctor")
    if found.returncode == 0:
        assert "Nothing is wrong" in page
    else:
        assert "What is wrong" in page
