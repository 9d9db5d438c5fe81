"""One 404 for what is not there, what is gone and what is another's: nobody learns which.

Contract section 1.4. The trap: a check of the owner after the look-up answers differently, in its
octets or its headers.
"""

import httpx
import pytest

from tests.conftest import MakeCredential
from tests.people import CLIENTS, Credential, Person
from tests.raw import Answer, Request, send
from tests.service import Service

UNKNOWN = "5b6e0c1f-7d0a-4c57-9f5e-2a8d3f1c6be4"
ILL_FORMED = [
    "client",
    "0",
    "-1",
    "null",
    "first-party",
    UNKNOWN.upper(),
    UNKNOWN.replace("-", ""),
    UNKNOWN + "%00",
    "%00",
    "%FF",
    "%ED%A0%80",
    "%F0%9F%94%91",
    "..%2fclients",
    "'%20or%20''='",
    "1e400",
    "a" * 8000,
]


@pytest.fixture(scope="module")
def deleted(http: httpx.Client, credential: MakeCredential, someone: Person) -> Credential:
    """A credential that someone had and deleted."""
    app = credential(someone)
    assert http.delete(f"{CLIENTS}/{app.client_id}", headers=someone.bearer).status_code == 204
    return app


def ask(service: Service, someone: Person, method: str, client_id: str) -> Answer:
    """The same request for any id."""
    headers = (
        ("Authorization", f"Bearer {someone.token}"),
        ("Content-Type", "application/json"),
    )
    body = b'{"name":"taken"}' if method == "PATCH" else b""
    return send(service.port, Request(method, f"{CLIENTS}/{client_id}", headers, body))


def same(first: Answer, second: Answer) -> None:
    """Status, body and headers alike but for the date."""
    assert (first.status, first.body) == (second.status, second.body)
    headers = [
        sorted((name, value) for name, value in answer.headers.items() if name.lower() != "date")
        for answer in (first, second)
    ]
    assert headers[0] == headers[1]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_unknown_deleted_and_foreign_are_one_404(
    method: str,
    service: Service,
    someone: Person,
    deleted: Credential,
    credential: MakeCredential,
) -> None:
    unknown = ask(service, someone, method, UNKNOWN)
    assert unknown.status == 404
    assert set(unknown.json()) == {"detail"}
    same(ask(service, someone, method, deleted.client_id), unknown)
    same(ask(service, someone, method, credential().client_id), unknown)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("client_id", ILL_FORMED, ids=lambda text: text[:40])
def test_ill_formed_id_is_the_same_404(
    method: str, client_id: str, service: Service, someone: Person
) -> None:
    same(ask(service, someone, method, client_id), ask(service, someone, method, UNKNOWN))


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_foreign_credential_is_left_as_it_was(
    method: str, service: Service, http: httpx.Client, someone: Person, credential: MakeCredential
) -> None:
    theirs = credential(name="theirs")
    ask(service, someone, method, theirs.client_id)
    shown = http.get(f"{CLIENTS}/{theirs.client_id}", headers=theirs.owner.bearer)
    assert (shown.status_code, shown.json()["name"]) == (200, "theirs")


def test_wrong_change_of_a_foreign_credential_tells_no_more_than_of_an_unknown_one(
    service: Service, someone: Person, credential: MakeCredential
) -> None:
    headers = (
        ("Authorization", f"Bearer {someone.token}"),
        ("Content-Type", "application/json"),
    )
    foreign, unknown = (
        send(service.port, Request("PATCH", f"{CLIENTS}/{one}", headers, b'{"name":5}'))
        for one in (credential().client_id, UNKNOWN)
    )
    same(foreign, unknown)
