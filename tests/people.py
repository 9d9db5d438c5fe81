"""Fresh users and app credentials for a test, made through the product's own doors.

Owns: what a test needs to know of a user and of app credentials. Every call makes new ones, so
that tests which share a server never meet.
"""

import secrets
from dataclasses import dataclass

import httpx

from tests.service import Service

BASIC = "/api/v1/auth/jwt/token/basic"
TOKEN = "/api/v1/auth/jwt/token"  # noqa: S105 - a path
CLIENTS = "/api/v1/clients"
ME = "/api/v1/users/me"


@dataclass(frozen=True)
class Person:
    """A user who has signed in: `token` is an access token of 15 minutes, `id` the user's UUID."""

    email: str
    password: str
    token: str
    id: str

    @property
    def bearer(self) -> dict[str, str]:
        """The request header that shows the token."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Credential:
    """App credentials as their creation answered them; `owner` is the person who made them."""

    client_id: str
    client_secret: str
    owner: Person


def add_person(service: Service, *, admin: bool = False, password: str = "") -> Person:
    """Add a user on the command line and sign in; raises AssertionError if refused."""
    email = f"{secrets.token_hex(8)}@people.example"
    password = password or secrets.token_urlsafe(24)
    add = ("user", "add", email, "--password-stdin", *(("--admin",) if admin else ()))
    done = service.cli(*add, input=password)
    assert done.returncode == 0, done.stderr
    return sign_in(service, email, password)


def sign_in(service: Service, email: str, password: str) -> Person:
    """Get a token by the Basic route and read the user's id; raises AssertionError."""
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        answer = http.get(BASIC, auth=(email.encode(), password.encode()))
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        me = http.get(ME, headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200, me.text
        return Person(email, password, token, me.json()["id"])


def add_credential(service: Service, owner: Person, **members: object) -> Credential:
    """Make app credentials, with `members` in the body; raises AssertionError if refused."""
    answer = httpx.post(
        service.url + CLIENTS, json=members, headers=owner.bearer, trust_env=False, timeout=30
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Credential(made["client_id"], made["client_secret"], owner)


def client_token(service: Service, app: Credential) -> str:
    """An access token by client_credentials; raises AssertionError if refused."""
    answer = httpx.post(
        service.url + TOKEN,
        data={"grant_type": "client_credentials"},
        auth=(app.client_id, app.client_secret),
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token
