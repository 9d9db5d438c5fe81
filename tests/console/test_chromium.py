"""The console in a real Chromium: the way through it, axe-core on each page, and what stays hidden.

Set SCREENSHOTS to a folder to keep a picture of each page.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import MakePerson
from tests.documents.test_browser import CHROMIUM, ONLY_HERE
from tests.people import Person, add_credential, client_token
from tests.service import Service

SCREENSHOTS = os.environ.get("SCREENSHOTS")
SCRIPT = """"'><script>alert(1)</script><img src=x onerror=alert(1)>"""
NEW = "a password nobody had before"

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists() and not os.environ.get("CI"),
    reason="needs Chromium: apt-get install chromium",
)
Start = Callable[..., "Window"]


class Window:
    """A tab of one browser profile, and what it complained of."""

    def __init__(self, context: BrowserContext, service: Service) -> None:
        self.context, self.service = context, service
        self.complaints: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        """Another tab with the same cookies."""
        page = self.context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("console", self._said)
        return page

    def _said(self, said: object) -> None:
        text, kind = getattr(said, "text", ""), getattr(said, "type", "")
        expected = "Failed to load resource" in text  # a form that is refused is 422
        if kind in {"error", "warning"} and not expected:
            self.complaints.append(text)

    def go(self, path: str) -> Page:
        """Open a page of the console."""
        self.page.goto(f"{self.service.url}/console{path}")
        return self.page

    def sign_in(self, person: Person, password: str = "") -> Page:
        """Sign in by the keyboard alone."""
        page = self.go("/sign-in")
        page.get_by_label("E-mail address").focus()
        page.keyboard.type(person.email)
        page.keyboard.press("Tab")
        page.keyboard.type(password or person.password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("My credentials")
        return page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for the tests of this module."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox", ONLY_HERE]
        )
        yield running
        running.close()


@pytest.fixture
def window(chromium: Browser, service: Service) -> Iterator[Start]:
    """Fresh browser profiles; none of their pages may have complained."""
    opened: list[Window] = []

    def start(**options: object) -> Window:
        context = chromium.new_context(**options)  # type: ignore[arg-type]  # - Playwright's own options
        opened.append(Window(context, service))
        return opened[-1]

    yield start
    for one in opened:
        one.context.close()
        assert one.complaints == []


def button(page: Page, name: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=True).click()


def test_the_way_through(window: Start, person: MakePerson) -> None:
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = (one := window(**options)).sign_in(person())
    page.get_by_role("link", name="Make your first credential").click()
    page.get_by_label("Name").fill("nightly import")
    button(page, "Create")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep this secret now")
    secret = page.locator("#client-secret code").inner_text()
    button(page, "Copy: Client secret")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    with page.expect_download() as download:
        page.get_by_role("link", name="Download tokenhouse.env").click()
    assert secret in Path(download.value.path()).read_text("utf-8")
    page.reload()
    expect(page.get_by_text("was shown already")).to_be_visible()

    page = one.go("/credentials")
    page.get_by_role("link", name="nightly import").click()
    button(page, "Make a new secret")
    newer = page.locator("#client-secret code").inner_text()
    assert newer != secret
    page.get_by_role("link", name="I have kept it").click()
    client_id = page.locator("#client-id code").inner_text()

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Client id").fill(client_id)
    page.get_by_label("Client secret").fill(newer)
    button(page, "Get its token")
    expect(page.get_by_role("heading", name="Your token")).to_be_visible()
    expect(page.locator(".claims").first).to_contain_text(client_id)

    page = one.go(f"/credentials/{client_id}/delete")
    page.get_by_label("Type it to delete it").fill("nightly import")
    button(page, "Delete for good")
    expect(page.get_by_text("You have no app credentials yet")).to_be_visible()


def test_page_sees_by_itself_which_secret_is_in_use(
    window: Start, person: MakePerson, service: Service
) -> None:
    owner = person()
    app = add_credential(service, owner, name="watched")
    one = window()
    one.sign_in(owner)
    page = one.go(f"/credentials/{app.client_id}")
    expect(page.locator("#secrets")).to_contain_text("never used")
    client_token(service, app)
    expect(page.locator("#secrets")).to_contain_text("in use", timeout=30_000)


def test_nothing_is_seen_by_going_back_after_the_sign_out(window: Start, someone: Person) -> None:
    one = window()
    page = one.sign_in(someone)
    one.go("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    button(page, "Sign out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    for _ in "12":
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        assert someone.email not in page.content()


def test_two_tabs(window: Start, person: MakePerson) -> None:
    one = window()
    owner = person()
    first, second = one.sign_in(owner), one.tab()
    first.goto(f"{one.service.url}/console/credentials/new")
    second.goto(f"{one.service.url}/console/credentials/new")
    for page, name in ((first, "of the first"), (second, "of the second")):
        page.get_by_label("Name").fill(name)
        button(page, "Create")
        expect(page.get_by_role("heading", level=1)).to_have_text("Keep this secret now")
    second.goto(f"{one.service.url}/console/credentials")
    expect(second.get_by_role("link", name=re.compile("of the"))).to_have_count(2)
    first.goto(f"{one.service.url}/console/credentials/new")
    button(second, "Sign out")
    first.get_by_label("Name").fill("too late")
    button(first, "Create")
    expect(first.get_by_role("heading", level=1)).to_have_text("Sign in")
    first.get_by_label("E-mail address").fill(owner.email)
    first.get_by_label("Password").fill(owner.password)
    button(first, "Sign in")
    expect(first.get_by_text("too late")).to_have_count(0)


def test_another_site_sends_no_form(window: Start, someone: Person, service: Service) -> None:
    one = window()
    page = one.sign_in(someone)
    form = page.locator("form[action='/console/sign-out']")
    token = form.locator("[name=form_token]").get_attribute("value")
    page.goto(f"http://localhost:{service.port}/healthz")  # another site, where cookies are lax
    page.evaluate(
        """([url, token]) => {
            document.body.innerHTML = `<form method=post action=${url}>
                <input name=form_token value=${token}></form>`;
            document.forms[0].submit();
        }""",
        [f"{service.url}/console/sign-out", token],
    )
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page = one.go("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")


def test_all_is_done_without_javascript(window: Start, person: MakePerson) -> None:
    page = window(java_script_enabled=False).sign_in(person())
    page.get_by_role("link", name="Make your first credential").click()
    page.get_by_label("Name").fill("plain")
    button(page, "Create")
    expect(page.locator("#client-secret code")).to_contain_text("ths_")
    expect(page.get_by_role("button", name=re.compile("Copy"))).to_have_count(0)
    button(page, "Sign out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


PAGES = {
    "sign-in": "/sign-in",
    "credentials": "/credentials",
    "credential-new": "/credentials/new",
    "credential": "/credentials/{client_id}",
    "credential-delete": "/credentials/{client_id}/delete",
    "secret-gone": "/credentials/{client_id}/secret",
    "try": "/try",
    "account": "/account",
    "people": "/users",
    "all-credentials": "/all-credentials",
    "keys": "/keys",
    "state": "/state",
    "missing": "/nothing",
    "reset-over": "/reset/x",
}


def look(page: Page, name: str) -> None:
    """Ask axe-core, see that nothing is wider than the window, and keep a picture."""
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0, name


LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1200, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1200, "height": 900}},
    "phone": {
        "color_scheme": "light",
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
    },
}


@pytest.mark.parametrize("how", LOOKS)
def test_every_page_is_for_everybody(
    how: str, window: Start, person: MakePerson, service: Service
) -> None:
    one = window(bypass_csp=True, **LOOKS[how])  # for axe-core alone
    owner = person(admin=True)
    app = add_credential(service, owner, name="nightly import " + SCRIPT)
    add_credential(service, owner, name="x" * 200)
    page = one.go("/sign-in")
    look(page, f"{how}-sign-in")
    page.get_by_label("E-mail address").fill(owner.email)
    page.get_by_label("Password").fill("wrong")
    button(page, "Sign in")
    look(page, f"{how}-sign-in-wrong")
    one.sign_in(owner)
    for name, path in PAGES.items():
        if name != "sign-in":
            look(one.go(path.format(client_id=app.client_id)), f"{how}-{name}")
    page = one.go("/try")
    button(page, "Get my token")
    look(page, f"{how}-token")
    page = one.go(f"/credentials/{app.client_id}")
    button(page, "Make a new secret")
    look(page, f"{how}-secret")
    page = one.go("/users")
    page.get_by_role("button", name=f"Link to set a password for {owner.email}").click()
    look(page, f"{how}-link")
    page.goto(page.locator("#link code").inner_text())
    look(page, f"{how}-reset")
    page = one.go("/account")
    page.get_by_label("Password now").fill("wrong")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    button(page, "Change the password")
    look(page, f"{how}-account-wrong")
