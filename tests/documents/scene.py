"""Who sends the calls that hold the answers against the document, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.keypair import make, proof, proof_claims
from tests.people import (
    BASIC,
    CLIENTS,
    ME,
    TOKEN,
    Credential,
    Person,
    add_credential,
    add_person,
    client_token,
)
from tests.service import Service

PASSWORD = f"{ME}/password"
UNKNOWN = "3f6c2b1e-8a4d-4c57-9d0e-5b7a1c2d3e4f"
PEOPLE_PATH = "/api/v1/users"
ONE_PERSON = "/api/v1/users/{user_id}"
SCOPES_PATH = "/api/v1/scopes"
ONE_SCOPE = "/api/v1/scopes/{name}"
SOMEBODY = {"email": "new@people.example", "password": "long enough to be one"}
LARGE = b"x" * 65_537
PUBLIC_KEY = {  # RFC 7517 appendix A.1
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "kid": "1",
}
CLIENT_CREDENTIALS = {"grant_type": "client_credentials"}
PAIR = make()


@dataclass(frozen=True)
class Scene:
    """Who is there to send from."""

    http: httpx.Client
    service: Service
    person: Person
    admin: Person
    app: Credential

    @property
    def bearer(self) -> dict[str, str]:
        """The person's token."""
        return self.person.bearer

    @property
    def own(self) -> str:
        """Path of app credentials of the person's."""
        return f"{CLIENTS}/{self.app.client_id}"

    @property
    def program(self) -> dict[str, str]:
        """A token of the app credentials."""
        return {"Authorization": f"Bearer {client_token(self.service, self.app)}"}

    def token(self, **form: str) -> httpx.Response:
        """A form to the token endpoint, without client authentication beside it."""
        return self.http.post(TOKEN, data=form)

    def proven(
        self, method: str, path: str, token: str | None = None, **sent: Any
    ) -> httpx.Response:
        """A request with a DPoP proof, and the token that is bound to its key, if one is given."""
        shown = proof(PAIR, proof_claims(method, self.service.url + path, token))
        headers = {"DPoP": shown, **({} if token is None else {"Authorization": f"DPoP {token}"})}
        return self.http.request(method, path, headers=headers, **sent)

    @property
    def bound(self) -> str:
        """A token of the person's that is bound to a key."""
        by = (self.person.email, self.person.password)
        token: str = self.proven("GET", BASIC, auth=by).json()["access_token"]
        return token

    def unproven(self, path: str) -> httpx.Response:
        """A request with a bound token, and no proof."""
        return self.http.get(path, headers={"Authorization": f"DPoP {self.bound}"})

    def twice(self, method: str, path: str) -> httpx.Response:
        """A request with two tokens."""
        both = [("Authorization", self.bearer["Authorization"])] * 2
        return self.http.request(method, path, headers=both)

    def known(self, path: str) -> httpx.Response:
        """A document that the caller has already."""
        return self.http.get(path, headers={"If-None-Match": self.http.get(path).headers["ETag"]})

    def password(
        self, current: str, new: str, by: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """A change of the person's password, or of whose token is given."""
        body = {"current_password": current, "new_password": new}
        return self.http.put(PASSWORD, json=body, headers=by or self.bearer)

    def own_password(self) -> httpx.Response:
        """A change of the password of somebody new, whose tokens it ends."""
        somebody = add_person(self.service)
        return self.password(somebody.password, "x" * 20, somebody.bearer)

    def add(self, email: str) -> httpx.Response:
        """An administrator adds a user."""
        body = {**SOMEBODY, "email": email}
        return self.http.post(PEOPLE_PATH, json=body, headers=self.admin.bearer)

    def of_person(self, method: str, user_id: str, **more: Any) -> httpx.Response:
        """An administrator speaks of a user."""
        path = f"{PEOPLE_PATH}/{user_id}"
        return self.http.request(method, path, headers=self.admin.bearer, **more)

    def define(self, name: str) -> httpx.Response:
        """An administrator defines a scope."""
        return self.http.post(SCOPES_PATH, json={"name": name}, headers=self.admin.bearer)

    def add_webhook(self) -> httpx.Response:
        """An administrator adds a webhook to where nobody listens."""
        body = {"url": "http://127.0.0.1:9/", "events": ["secret.leaked"]}
        return self.http.post("/api/v1/webhooks", json=body, headers=self.admin.bearer)

    def webhook(self) -> str:
        """The id of a new webhook."""
        return str(self.add_webhook().json()["id"])

    def of_webhook(self, method: str, path: str) -> httpx.Response:
        """An administrator speaks of a webhook."""
        return self.http.request(method, f"/api/v1/webhooks/{path}", headers=self.admin.bearer)

    def about(self, action: str, **form: str) -> httpx.Response:
        """A form about a token, by the app credentials."""
        by = (self.app.client_id, self.app.client_secret)
        return self.http.post(f"/api/v1/auth/jwt/{action}", data=form, auth=by)

    def other_app(self) -> str:
        """The client_id of app credentials that this call alone changes."""
        return add_credential(self.service, self.person).client_id

    def rotate(self, client_id: str, **members: object) -> httpx.Response:
        """Ask for a new secret."""
        path = f"{CLIENTS}/{client_id}/secrets"
        return self.http.post(path, json=members, headers=self.bearer)

    def rotate_twice(self, client_id: str) -> httpx.Response:
        """Ask for one secret more than may live at once."""
        self.rotate(client_id)
        return self.rotate(client_id)

    def rotated(self) -> str:
        """The client_id of app credentials with two secrets."""
        client_id = self.other_app()
        self.rotate(client_id)
        return client_id

    def remove_secret(self, client_id: str, secret_id: str) -> httpx.Response:
        """Delete one secret."""
        return self.http.delete(f"{CLIENTS}/{client_id}/secrets/{secret_id}", headers=self.bearer)

    def remove_first_secret(self, client_id: str) -> httpx.Response:
        """Delete the oldest secret."""
        listed = self.http.get(f"{CLIENTS}/{client_id}/secrets", headers=self.bearer).json()
        return self.remove_secret(client_id, listed[0]["secret_id"])

    def register(self, client_id: str, keys: object) -> httpx.Response:
        """Register public keys."""
        path = f"{CLIENTS}/{client_id}/jwks"
        return self.http.put(path, json=keys, headers=self.bearer)


Send = Callable[[Scene], httpx.Response]
Call = tuple[str, int, Send]
