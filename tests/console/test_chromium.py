"""The console in a real Chromium: the ways through it, and what stays hidden."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.chromium import NEEDS_CHROMIUM
from tests.conftest import MakePerson
from tests.console.conftest import Start
from tests.console.window import button
from tests.people import Person, add_credential, client_token
from tests.service import Service

pytestmark = NEEDS_CHROMIUM


def test_the_way_to_the_first_secret(window: Start, person: MakePerson) -> None:
    options = {"permissions": ["clipboard-read", "clipboard-write"]}
    page = window(**options).sign_in(person())
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


def test_the_way_from_one_secret_to_the_end(
    window: Start, person: MakePerson, service: Service
) -> None:
    owner, one = person(), window()
    app = add_credential(service, owner, name="nightly import")
    page = one.sign_in(owner)
    page.get_by_role("link", name="nightly import").click()
    button(page, "Make a new secret")
    newer = page.locator("#client-secret code").inner_text()
    assert newer != app.client_secret
    page.get_by_role("link", name="I have kept it").click()
    expect(page.locator("#client-id code")).to_have_text(app.client_id)

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Client id").fill(app.client_id)
    page.get_by_label("Client secret").fill(newer)
    button(page, "Get its token")
    expect(page.get_by_role("heading", name="Your token")).to_be_visible()
    expect(page.locator(".claims").first).to_contain_text(app.client_id)

    page = one.go(f"/credentials/{app.client_id}/delete")
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
