"""requests-oauthlib: credentials in a header, credentials in the body, and a password.

Trap: it refuses to speak to plain HTTP unless told otherwise, and it carries no types, hence `Any`.
"""

from importlib import import_module
from typing import Any

import pytest

from tests.interop.conftest import Place
from tests.people import Credential, Person

oauth2: Any = import_module("oauthlib.oauth2")
requests_oauthlib: Any = import_module("requests_oauthlib")


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.clause("RFC 6749 section 2.3.1")
@pytest.mark.parametrize("placed", [{}, {"include_client_id": True}], ids=["in-header", "in-body"])
def test_backend_application(place: Place, app: Credential, placed: dict[str, bool]) -> None:
    """`BackendApplicationClient` gets a token; the API sees the credential and its owner."""
    client = oauth2.BackendApplicationClient(app.client_id)
    with requests_oauthlib.OAuth2Session(client=client) as session:
        token = session.fetch_token(place.token_url, client_secret=app.client_secret, **placed)
        answer = session.get(place.api_url)
    assert token["expires_in"] == 900
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "sub": app.client_id,
        "user_id": app.owner.id,
        "client_id": app.client_id,
    }


@pytest.mark.clause("RFC 6749 section 4.3.2")
def test_legacy_application(place: Place, someone: Person) -> None:
    """`LegacyApplicationClient` gets a token by password, without any client."""
    client = oauth2.LegacyApplicationClient(None)
    with requests_oauthlib.OAuth2Session(client=client) as session:
        session.fetch_token(place.token_url, username=someone.email, password=someone.password)
        answer = session.get(place.api_url)
    assert answer.status_code == 200, answer.text
    assert answer.json()["sub"] == someone.id
