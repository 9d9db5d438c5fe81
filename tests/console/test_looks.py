"""Every page of the console by axe-core, in light, in the dark and on a phone.

Set SCREENSHOTS to a folder to keep a picture of each (`make screenshots`); names that only a test
would give are left out of those.
"""

import os
import time
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.chromium import NEEDS_CHROMIUM
from tests.console.conftest import Start
from tests.console.window import Window, button
from tests.people import CLIENTS, Person, add_credential, add_person
from tests.service import Service
from tokenhouse.opening import open_context
from tokenhouse.settings.loading import load
from tokenhouse.store import last_used, token_counts
from tokenhouse.store.database import Connection

SCREENSHOTS = os.environ.get("SCREENSHOTS")
SCRIPT = """"'><script>alert(1)</script><img src=x onerror=alert(1)>"""
NAMES = ("nightly import", "reports") if SCREENSHOTS else ("nightly import " + SCRIPT, "x" * 200)
NEW = "a password nobody had before"

pytestmark = NEEDS_CHROMIUM

PAGES = {
    "sign-in": "/sign-in",
    "credentials": "/credentials",
    "credential-new": "/credentials/new",
    "credential": "/credentials/{client_id}",
    "credential-unused": "/credentials/{unused}",
    "credential-delete": "/credentials/{client_id}/delete",
    "secret-gone": "/credentials/{client_id}/secret",
    "try": "/try",
    "account": "/account",
    "people": "/users",
    "all-credentials": "/all-credentials",
    "keys": "/keys",
    "audit": "/audit",
    "events": "/account/events",
    "state": "/state",
    "missing": "/nothing",
    "reset-over": "/reset/x",
}


VIOLATIONS = """axe.run().then((found) => found.violations.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.target).join(", ")}`))"""


@cache
def axe() -> str:
    """The script of axe-core, from the package that carries it."""
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def look(page: Page, name: str) -> None:
    """Ask axe-core, see that nothing is wider than the window, and keep a picture."""
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)
    page.evaluate(axe())
    assert page.evaluate(VIOLATIONS) == [], name
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0, name


def use(service: Service, owner: Person, client_id: str) -> None:
    """Let a credential have got tokens for a month until now, more by day than by night."""
    asked = f"{service.url}{CLIENTS}/{client_id}/secrets"
    (secret,) = httpx.get(asked, headers=owner.bearer, timeout=30, trust_env=False).json()
    seen = {(client_id, secret["secret_id"]): (time.time(), "203.0.113.7")}
    given = {"data_dir": service.data_dir, "database_url": service.database_url}
    context = open_context(load(given, environ={}).settings)
    now = time.time()

    def record(connection: Connection) -> None:
        for ago in range(29 * 24):
            at = now - ago * token_counts.HOUR
            tokens = 4 + ago % 5 + 3 * max(0, 6 - abs(12 - int(at // token_counts.HOUR) % 24))
            token_counts.record(connection, {client_id: tokens}, at)
        for uses in last_used.rows(seen):
            last_used.record(connection, uses)

    context.database.write_now(record)
    context.close()


LOOKS: dict[str, dict[str, object]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1200, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1200, "height": 900}},
    "phone": {
        "color_scheme": "light",
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
    },
}


@pytest.mark.parametrize("how", LOOKS)
def test_every_page_is_for_everybody(how: str, window: Start, service: Service) -> None:
    one = window(**LOOKS[how])
    owner = add_person(service, admin=True, email=f"you@{how}.example")
    app, unused = (add_credential(service, owner, name=name).client_id for name in NAMES)
    use(service, owner, app)
    page = one.go("/sign-in")
    look(page, f"{how}-sign-in")
    page.get_by_label("E-mail address").fill(owner.email)
    page.get_by_label("Password").fill("wrong")
    button(page, "Sign in")
    look(page, f"{how}-sign-in-wrong")
    one.sign_in(owner)
    for name, path in PAGES.items():
        if name != "sign-in":
            look(one.go(path.format(client_id=app, unused=unused)), f"{how}-{name}")
    look_at_what_is_asked_for(one, how, owner, app)


def look_at_what_is_asked_for(one: Window, how: str, owner: Person, app: str) -> None:
    """Look at what a page shows only when somebody presses a button."""
    page = one.go(f"/credentials/{app}")
    for summary in page.locator("summary").all():
        summary.click()
    look(page, f"{how}-charts-as-tables")
    page = one.go("/try")
    button(page, "Get my token")
    look(page, f"{how}-token")
    page = one.go(f"/credentials/{app}")
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
    mine = f"{one.service.url}{CLIENTS}/{app}"
    soon = datetime.fromtimestamp(time.time() + 3 * token_counts.DAY, UTC).isoformat()
    httpx.patch(mine, headers=owner.bearer, json={"expires_at": soon}, trust_env=False)
    look(one.go("/state"), f"{how}-state-wrong")
