"""A token to try: got in the page, and shown claim by claim."""

import re

import httpx
import pytest

from tests.conftest import StartService
from tests.console.browser import CONSOLE, Browser, forms, secret_of
from tests.console.conftest import Open
from tests.people import ME, Person, add_person


def shown_token(page: str) -> str:
    """The access token that a page shows."""
    found = re.search(r'id="token"[^>]*><code>([^<]+)', page)
    assert found
    return found[1]


def test_token_of_oneself_is_shown_claim_by_claim(
    browse: Open, someone: Person, http: httpx.Client
) -> None:
    browser = browse(someone)
    given = next(f for f in forms_of(browser) if f["as"] == "me")
    page = browser.http.post(CONSOLE + "/try", data=given).text
    bearer = {"Authorization": f"Bearer {shown_token(page)}"}
    assert http.get(ME, headers=bearer).json()["id"] == someone.id
    for claim in ("iss", "sub", "aud", "client_id", "iat", "exp", "jti", "user_id", "typ", "alg"):
        assert f"<dt><code>{claim}</code></dt>" in page
    assert "14 minutes" in page or "15 minutes" in page


def forms_of(browser: Browser) -> list[dict[str, str]]:
    """The two forms that get a token; they go to the same address."""
    fields = forms(browser.get("/try"))[CONSOLE + "/try"].fields
    return [fields | {"as": "me"}, fields | {"as": "credential"}]


def test_token_of_a_program_is_shown(browse: Open, someone: Person, http: httpx.Client) -> None:
    browser = browse(someone)
    client_id, page = browser.new_credential(name="tried")
    given = forms_of(browser)[1] | {"client_id": client_id}
    good = given | {"client_secret": secret_of(page)}
    page = browser.http.post(CONSOLE + "/try", data=good).text
    bearer = {"Authorization": f"Bearer {shown_token(page)}"}
    assert http.get(ME, headers=bearer).status_code == 200
    assert secret_of_form(page) == ""
    wrong = browser.http.post(CONSOLE + "/try", data=given | {"client_secret": "wrong"})
    assert wrong.status_code == 422
    assert 'id="client_secret-error"' in wrong.text
    assert client_id in wrong.text


def secret_of_form(page: str) -> str:
    """What the page puts into the field of the secret."""
    found = re.search(r'id="client_secret"[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("settings", "own", "status"),
    [
        ({"password_grant": "false", "basic_token": "false"}, False, 422),
        ({"require_dpop": "true"}, True, 422),
    ],
)
def test_what_the_operator_turned_off_is_off_here_too(
    settings: dict[str, str], own: object, status: int, start_service: StartService
) -> None:
    service = start_service()
    person = add_person(service)
    service.stop()
    service.settings = {**service.settings, **settings}
    service.start()
    browser = Browser(service).sign_in(person)
    assert ("Get my token" in browser.get("/try").text) is own
    answer = browser.http.post(CONSOLE + "/try", data=forms_of(browser)[0])
    assert answer.status_code == status
    assert 'id="token"' not in answer.text
    browser.http.close()
