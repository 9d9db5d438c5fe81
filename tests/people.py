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
USERS = "/api/v1/users"


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


def add_person(
    service: Service, *, admin: bool = False, password: str = "", email: str = ""
) -> Person:
    """Add a user and sign in; raises AssertionError if refused.

    The first one of a service is an administrator from the command line; that one adds the others
    over HTTP, which takes a tenth of the time.
    """
    email = email or f"{secrets.token_hex(8)}@people.example"
    password = password or secrets.token_urlsafe(24)
    if service.admin is None:
        service.admin = (f"{secrets.token_hex(8)}@admins.example", secrets.token_urlsafe(24))
        _add_by_command(service, *service.admin, admin=True)
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        token = http.get(BASIC, auth=service.admin).json()["access_token"]
        asked = {"email": email, "password": password, "is_superuser": admin}
        answer = http.post(USERS, json=asked, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.text
    return sign_in(service, email, password)


def _add_by_command(service: Service, email: str, password: str, *, admin: bool) -> None:
    add = ("user", "add", email, "--password-stdin", *(("--admin",) if admin else ()))
    done = service.cli(*add, input=password)
    assert done.returncode == 0, done.stderr


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
