"""Both pages in a real Chromium that can reach nothing but this service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.chromium import NEEDS_CHROMIUM
from tests.documents.spec import Spec
from tests.people import Credential, Person
from tests.service import Service

OF_ITS_OWN = {"data", "blob"}

pytestmark = NEEDS_CHROMIUM


@dataclass
class Seen:
    """What a page asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list[str])
    complaints: list[str] = field(default_factory=list[str])

    def watch(self) -> "Seen":
        """Gather from now on."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        return self


Open = Callable[[str], Seen]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Open pages; when the test ends, none may have asked elsewhere or complained."""
    seen: list[Seen] = []

    def visit_one(url: str) -> Seen:
        one = Seen(chromium.new_page(viewport={"width": 1400, "height": 1000})).watch()
        seen.append(one)
        one.page.goto(url, wait_until="networkidle")
        return one

    yield visit_one
    for one in seen:
        here = urlsplit(one.page.url).netloc
        elsewhere = [
            url
            for url in one.requests
            if urlsplit(url).netloc != here and urlsplit(url).scheme not in OF_ITS_OWN
        ]
        one.page.close()
        assert one.requests
        assert elsewhere == []
        assert one.complaints == []


def operation(page: Page, name: str) -> Locator:
    """An operation of Swagger UI's, opened and ready to be tried out."""
    block = page.locator(f".opblock[id$='-{name}']")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    return block


def execute(block: Locator) -> Locator:
    """Send the request; the part that shows the real answer."""
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response").first
    expect(answer).to_be_visible()
    return answer


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_docs_shows_every_operation(path: str, visit: Open, service: Service, spec: Spec) -> None:
    page = visit(service.url + path).page
    expect(page.locator(".opblock")).to_have_count(len(spec.operations))
    for one in spec.operations:
        block = page.locator(f".opblock[id$='-{one.id}']")
        expect(block.locator(".opblock-summary-path")).to_be_visible()
        assert block.locator(".opblock-summary-path").get_attribute("data-path") == one.path
        expect(block.locator(".opblock-summary-method")).to_have_text(one.method.upper())
    expect(page.locator(".errors-wrapper")).to_have_count(0)


@pytest.mark.parametrize("path", ["/redoc", "/redoc/"])
def test_redoc_shows_every_operation(path: str, visit: Open, service: Service, spec: Spec) -> None:
    page = visit(service.url + path).page
    for one in spec.operations:
        section = page.locator(f"[id='operation/{one.id}']")
        section.scroll_into_view_if_needed()
        expect(section).to_be_visible()
        expect(section.get_by_role("heading", name=one.body["summary"])).to_be_visible()


def test_redoc_searches(visit: Open, service: Service) -> None:
    page = visit(service.url + "/redoc").page
    page.get_by_placeholder("Search").fill("rotate password")
    found = page.locator("[role=search] [role=menuitem]")
    expect(found.filter(has_text="Change your password")).to_be_visible()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_operation_is_tried_out_where_the_page_came_from(
    host: str, visit: Open, service: Service
) -> None:
    seen = visit(f"http://{host}:{service.port}/docs")
    answer = execute(operation(seen.page, "get_healthz"))
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text('"status": "ok"')
    assert f"http://{host}:{service.port}/healthz" in seen.requests


def test_person_signs_in_and_makes_app_credentials(
    visit: Open, service: Service, someone: Person
) -> None:
    page = visit(service.url + "/docs").page
    page.locator(".scheme-container .btn.authorize").click()
    flow = page.locator(".auth-container").filter(has_text="Flow: password")
    flow.locator("#oauth_username").fill(someone.email)
    flow.locator("#oauth_password").fill(someone.password)
    flow.locator("button.authorize").click()
    expect(flow.get_by_role("button", name="Remove authorization")).to_be_visible()
    page.locator(".modal-ux .close-modal").click()

    answer = execute(operation(page, "show_me"))
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text(someone.id)

    answer = execute(operation(page, "create_app_credentials"))
    expect(answer.locator(".response-col_status")).to_have_text("201")
    expect(answer).to_contain_text("client_secret")


def test_program_gets_a_token_with_the_form(visit: Open, service: Service, app: Credential) -> None:
    page = visit(service.url + "/docs").page
    block = operation(page, "create_access_token")
    for name in ("client_id", "client_secret"):
        row = block.locator(f"tr[data-property-name='{name}']")
        row.locator("input:not([type=checkbox])").fill(getattr(app, name))
    answer = execute(block)
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer).to_contain_text("access_token")
