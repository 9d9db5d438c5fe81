"""Signing in and out, the cookie, and what ends a session.

Trap: a session that a password change ended must be dead on the server, not only forgotten by the
browser.
"""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import MakePerson
from tests.console.browser import CONSOLE, SESSION, SIGN_IN, Browser, forms
from tests.console.conftest import Open
from tests.people import BASIC, Person, add_person
from tests.service import Service

NEW = "a password nobody had before"


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose issuer is https, with a strict throttle."""
    settings = {
        "issuer": "https://console.example",
        "behind_tls_proxy": "true",
        "login_failures_per_account": "3",
    }
    home = tmp_path_factory.mktemp("behind-tls")
    with Service(home, settings=settings) as running:
        yield running


def flags(answer: httpx.Response, name: str) -> set[str]:
    """The attributes of a cookie that an answer sets, in lower case."""
    (line,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(name + "=")]
    return {part.strip().lower() for part in line.split(";")[1:]}


def test_session_cookie_is_for_this_server_alone(browse: Open, someone: Person) -> None:
    browser = browse()
    answer = browser.send("/sign-in", "/sign-in", email=someone.email, password=someone.password)
    assert answer.headers["location"] == f"{CONSOLE}/"
    assert flags(answer, SESSION) == {"httponly", "path=/", "samesite=lax"}


def test_session_cookie_is_bound_to_the_host_behind_tls(behind_tls: Service) -> None:
    person = add_person(behind_tls)
    with httpx.Client(base_url=behind_tls.url, trust_env=False) as http:
        page = http.get(SIGN_IN)
        name, value = page.headers["set-cookie"].partition(";")[0].split("=", 1)
        assert name == "__Host-tokenhouse-forms"
        given = forms(page)[SIGN_IN].fields
        given |= {"email": person.email, "password": person.password}
        answer = http.post(SIGN_IN, data=given, headers={"cookie": f"{name}={value}"})
        assert answer.status_code == 303
        held = "__Host-" + SESSION
        assert flags(answer, held) == {"httponly", "path=/", "samesite=lax", "secure"}
        (line,) = [x for x in answer.headers.get_list("set-cookie") if x.startswith(held)]
        session = line.partition(";")[0].split("=", 1)[1]
        account = CONSOLE + "/account"
        assert http.get(account, headers={"cookie": f"{held}={session}"}).status_code == 200
        plain = http.get(account, headers={"cookie": f"{SESSION}={session}"})
        assert plain.status_code == 303


def test_too_many_wrong_passwords_have_to_wait_here_as_elsewhere(behind_tls: Service) -> None:
    person = add_person(behind_tls)
    with httpx.Client(base_url=behind_tls.url, trust_env=False) as http:
        page = http.get(SIGN_IN)
        cookie = page.headers["set-cookie"].partition(";")[0]
        given = forms(page)[SIGN_IN].fields | {"email": person.email, "password": "wrong"}
        headers = {"cookie": cookie}
        answers = [http.post(SIGN_IN, data=given, headers=headers) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
        assert int(answers[3].headers["retry-after"]) >= 1
        right = given | {"password": person.password}
        assert http.post(SIGN_IN, data=right, headers=headers).status_code == 429
        auth = httpx.BasicAuth(person.email, person.password)
        assert http.get(BASIC, auth=auth).status_code == 429


def test_stranger_is_not_told_from_a_wrong_password(
    browse: Open, service: Service, person: MakePerson
) -> None:
    known, disabled = person(), person()
    service.cli("user", "disable", disabled.email)
    browser = browse()
    pages: set[str] = set()
    for email in (
        known.email,
        disabled.email,
        "nobody@people.example",
        "x" * 400,
        "a\0b@c.example",
    ):
        answer = browser.send("/sign-in", "/sign-in", email=email, password=NEW)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        pages.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(pages) == 1


@pytest.mark.parametrize(
    ("place", "leads_to"),
    [
        ("/account", "/account"),
        ("/credentials/new", "/credentials/new"),
        ("", "/"),
        ("//elsewhere.example", "/"),
        ("https://elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("@elsewhere.example", "/"),
        (".elsewhere.example/", "/"),
        ("/account\r\nset-cookie: a=b", "/"),
        ("/sign-out", "/"),
    ],
)
def test_sign_in_leads_nowhere_else(
    place: str, leads_to: str, browse: Open, someone: Person
) -> None:
    given = {"email": someone.email, "password": someone.password, "next": place}
    answer = browse().send("/sign-in", "/sign-in", **given)
    assert answer.headers["location"] == CONSOLE + leads_to
    again = browse(someone).http.get(SIGN_IN, params={"next": place})
    assert again.headers["location"] == CONSOLE + leads_to


def test_sign_in_leads_back_to_the_page_that_was_asked_for(browse: Open, someone: Person) -> None:
    browser = browse()
    page = browser.follow(browser.get("/account"))
    form = forms(page)[SIGN_IN]
    given = form.fields | {"email": someone.email, "password": someone.password}
    assert browser.http.post(SIGN_IN, data=given).headers["location"] == CONSOLE + "/account"


def test_sign_out_ends_the_session_on_the_server(browse: Open, someone: Person) -> None:
    browser, thief = browse(someone), browse()
    thief.http.cookies.set(SESSION, browser.http.cookies[SESSION])
    assert thief.is_signed_in
    answer = browser.send("/account", "/sign-out")
    assert answer.headers["location"] == SIGN_IN
    assert not browser.http.cookies.get(SESSION)
    assert not thief.is_signed_in


def test_new_password_ends_all_other_sessions(browse: Open, person: MakePerson) -> None:
    one = person()
    here, elsewhere = browse(one), browse(one)
    before = here.http.cookies[SESSION]
    given = {"current_password": one.password, "new_password": NEW, "again": NEW}
    page = here.follow(here.send("/account", "/account/password", **given))
    assert "The password is changed" in page.text
    assert here.http.cookies[SESSION] != before
    assert (here.is_signed_in, elsewhere.is_signed_in) == (True, False)
    assert browse().sign_in(one, NEW).is_signed_in


@pytest.mark.parametrize("command", ["disable", "delete", "set-password"])
def test_operator_ends_all_sessions(
    command: str, browse: Open, service: Service, person: MakePerson
) -> None:
    one = person()
    browser = browse(one)
    more = ["--password-stdin"] if command == "set-password" else []
    done = service.cli("user", command, one.email, *more, input=NEW)
    assert done.returncode == 0, done.stderr
    assert not browser.is_signed_in


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"current_password": "not it"}, "current_password"),
        ({"current_password": ""}, "current_password"),
        ({"new_password": "short", "again": "short"}, "new_password"),
        ({"new_password": "", "again": ""}, "new_password"),
        ({"new_password": "password1234", "again": "password1234"}, "new_password"),
        ({"again": "another one altogether"}, "again"),
    ],
)
def test_password_that_does_not_fit_is_told_beside_its_field(
    given: dict[str, str], wrong: str, browse: Open, someone: Person
) -> None:
    browser = browse(someone)
    good = {"current_password": someone.password, "new_password": NEW, "again": NEW}
    answer = browser.send("/account", "/account/password", **(good | given))
    assert answer.status_code == 422
    assert f'id="{wrong}-error"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert NEW not in answer.text
    assert browser.is_signed_in


def test_sessions_are_listed_and_ended_one_by_one(
    browse: Open, person: MakePerson, someone: Person
) -> None:
    one = person()
    here = browse(one, **{"user-agent": "Here/1"})
    elsewhere = browse(one, **{"user-agent": "Elsewhere/2"})
    other = browse(someone)
    page = here.get("/account")
    assert "Here/1" in page.text
    assert "Elsewhere/2" in page.text
    ends = [action for action in forms(page) if action.endswith("/end")]
    assert len(ends) == 1
    stranger = forms(other.get("/account"))[CONSOLE + "/sign-out"].fields
    assert other.http.post(ends[0], data=stranger).status_code == 403
    assert elsewhere.is_signed_in
    assert here.send("/account", ends[0].removeprefix(CONSOLE)).status_code == 303
    assert (here.is_signed_in, elsewhere.is_signed_in) == (True, False)


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "é", "a b;c", "0" * 4000])
def test_made_up_cookie_signs_nobody_in(cookie: str, browse: Open) -> None:
    browser: Browser = browse()
    headers = {"cookie": f"{SESSION}={cookie}".encode()}
    answer = browser.http.get(CONSOLE + "/account", headers=headers)  # type: ignore[arg-type]  # - octets on purpose
    assert answer.status_code == 303


AGENTS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0": "Firefox on Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0": "Edge on Windows",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    "curl/8.5.0": "curl/8.5.0",
    "": "A browser that does not say its name",
}


def test_a_session_is_named_as_people_know_their_browser(browse: Open, person: MakePerson) -> None:
    one = person()
    browsers = [browse(one, **{"user-agent": agent}) for agent in AGENTS]
    page = browsers[0].get("/account").text
    for name in AGENTS.values():
        assert f"<h3>{name}" in page, name
