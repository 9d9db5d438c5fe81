"""What holds for every page: who may come, what its answer carries, and which forms are taken."""

import re
from collections.abc import Iterator

import pytest

from tests.conftest import MakePerson
from tests.console.browser import CONSOLE, Browser, forms, scripts
from tests.console.conftest import Open
from tests.people import Person
from tests.service import Service
from tokenhouse.console.page import Page
from tokenhouse.console.pages import PAGES

PARTS = re.compile(r"{(\w+)}")
FILLED = {"filled": "in"}  # so that it is a form
NOWHERE = "00000000-0000-0000-0000-000000000000"
READ = [page for page in PAGES if page.get]
SENT = [page for page in PAGES if page.post]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def address(page: Page) -> str:
    """A path of this page; what it names is nowhere."""
    return PARTS.sub(NOWHERE, page.path)


def name(page: Page) -> str:
    """The page, for the name of a test."""
    return page.path or "/"


@pytest.mark.parametrize("page", READ, ids=name)
def test_page_is_guarded(page: Page, mine: Browser) -> None:
    answer = mine.get(address(page))
    text = answer.headers["content-security-policy"]
    assert dict(part.strip().split(" ", 1) for part in text.split(";")) == POLICY
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert scripts(answer.text) == []
    assert re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text) is None


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_is_for_those_who_may_see_it(page: Page, browse: Open, persons: Browser) -> None:
    stranger = browse()
    path, method = CONSOLE + address(page), "GET" if page.get else "POST"
    answer = stranger.http.request(method, path)
    if page.who != "anyone":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(CONSOLE + "/sign-in?next=")
    sent = FILLED if method == "POST" else None
    refused = persons.http.request(method, path, data=sent).status_code == 403
    assert refused is (page.who == "admin" or page.get is None)


@pytest.mark.parametrize(
    "path", ["/credentials/{}", "/credentials/{}/delete", "/credentials/{}/secrets"]
)
def test_credential_of_another_is_one_that_does_not_exist(
    path: str, browse: Open, person: MakePerson, someone: Person
) -> None:
    client_id, _ = browse(someone).new_credential(name="mine")
    other = browse(person())
    answer = other.get(path.format(client_id))
    assert answer.status_code == 404
    unknown = other.get(path.format(NOWHERE))
    hidden = re.compile(r'name="form_token" value="[^"]*"')
    assert hidden.sub("", answer.text) == hidden.sub("", unknown.text)


FORGED = ("none", "made up", "of another form", "of another browser")
FOREIGN = {
    "another site": {"sec-fetch-site": "cross-site"},
    "a sister site": {"sec-fetch-site": "same-site"},
    "another origin": {"origin": "https://elsewhere.example"},
    "another port": {"origin": "http://127.0.0.1:1"},
    "nowhere": {"origin": "null"},
}


@pytest.fixture(scope="module")
def mine(service: Service, admin: Person) -> Iterator[Browser]:
    """An administrator's browser, for tests that change nothing."""
    one = Browser(service).sign_in(admin)
    yield one
    one.http.close()


@pytest.fixture(scope="module")
def persons(service: Service, someone: Person) -> Iterator[Browser]:
    """The browser of somebody who is no administrator."""
    one = Browser(service).sign_in(someone)
    yield one
    one.http.close()


@pytest.fixture(scope="module")
def other(service: Service, admin: Person) -> Iterator[Browser]:
    """Another one."""
    one = Browser(service).sign_in(admin)
    yield one
    one.http.close()


def forged(how: str, path: str, mine: Browser, other: Browser) -> dict[str, str]:
    """A form for `path` with a token that was not made for it and this browser."""
    if how == "none":
        return FILLED
    if how == "made up":
        return FILLED | {"form_token": "A" * 43}
    theirs, action = (other, path) if how == "of another browser" else (mine, "/keys")
    found = forms(theirs.get("/keys"))
    return FILLED | found.get(CONSOLE + action, found[CONSOLE + "/sign-out"]).fields


@pytest.mark.parametrize("page", [page for page in SENT if page.path != "/keys"], ids=name)
@pytest.mark.parametrize("how", FORGED)
def test_forged_form_is_not_taken(how: str, page: Page, mine: Browser, other: Browser) -> None:
    path = address(page)
    answer = mine.http.post(CONSOLE + path, data=forged(how, path, mine, other))
    assert answer.status_code == 403
    assert mine.is_signed_in


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_form_that_another_site_sends_is_not_taken(
    headers: dict[str, str], browse: Open, someone: Person
) -> None:
    browser = browse(someone)
    fields = forms(browser.get("/account"))[CONSOLE + "/sign-out"].fields
    path = CONSOLE + "/sign-out"
    assert browser.http.post(path, data=fields, headers=headers).status_code == 403
    assert browser.is_signed_in
    ours = {"origin": str(browser.http.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    assert browser.http.post(path, data=fields, headers=ours).status_code == 303


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"form_token=a&form_token=b", "application/x-www-form-urlencoded", 400),
        (b"name=%ff", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=b"] * 65), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 422),
        (b"", "text/plain", 422),
        (b"name=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_what_is_no_form_is_refused(
    content: bytes, kind: str, status: int, browse: Open, someone: Person
) -> None:
    mine = browse(someone)
    answer = mine.http.post(
        CONSOLE + "/credentials/new", content=content, headers={"content-type": kind}
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/files",
        "/files/",
        "/files/../page.py",
        "/files/%2e%2e/page.py",
        "/files/layout.html",
        "/credentials/a/b/c",
        "/reset/",
        "/reset/x",
        "/reset/...",
        "/reset/%00",
        "/reset/%C3%A9",
    ],
)
def test_nothing_else_is_there(path: str, browse: Open, someone: Person) -> None:
    for browser in (browse(), browse(someone)):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_pages_are_only_read_and_sent(method: str, browse: Open) -> None:
    assert browse().http.request(method, CONSOLE + "/account").status_code == 405


def test_pages_answer_the_same_with_a_slash(browse: Open, someone: Person) -> None:
    browser = browse(someone)
    for path in ("", "/credentials", "/account"):
        assert browser.get(path).status_code == browser.get(path + "/").status_code == 200
        assert browser.http.head(CONSOLE + path).status_code == 200


def test_files_are_kept_by_their_content(browse: Open) -> None:
    page = browse().get("/sign-in").text
    found = set(re.findall(rf'"({CONSOLE}/files/[^"]+)"', page))
    assert len(found) == 4
    for one in found:
        answer = browse().http.get(one)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
