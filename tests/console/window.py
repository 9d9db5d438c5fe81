"""A window of a real Chromium on the console."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.people import Person
from tests.service import Service


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


def button(page: Page, name: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=True).click()
