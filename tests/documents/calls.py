"""What is sent to every documented operation: one right request, and at least one for a refusal."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.documents.scene import (
    CLIENT_CREDENTIALS,
    LARGE,
    ONE_PERSON,
    ONE_SCOPE,
    PASSWORD,
    PEOPLE_PATH,
    SCOPES_PATH,
    SOMEBODY,
    UNKNOWN,
    Scene,
)
from tests.people import BASIC, CLIENTS, ME, TOKEN, add_credential, add_person

Send = Callable[[Scene], httpx.Response]
Call = tuple[str, int, Send]


def read(operation: str, path: str, **more: Any) -> list[Call]:
    """A document that anybody may read."""
    return [(operation, 200, lambda s: s.http.get(path, **more))]


def kept(operation: str, path: str) -> list[Call]:
    """A document that is not sent to who has it."""
    return [*read(operation, path), (operation, 304, lambda s: s.known(path))]


def secured(operation: str, method: str, path: str) -> list[Call]:
    """What a route says without a good token."""
    bad = {"Authorization": "Bearer a.b.c"}
    return [
        (operation, 400, lambda s: s.twice(method, path)),
        (operation, 401, lambda s: s.http.request(method, path)),
        (operation, 401, lambda s: s.http.request(method, path, headers=bad)),
    ]


TOKENS: list[Call] = [
    (
        "GET /api/v1/auth/jwt/token/basic",
        200,
        lambda s: s.http.get(BASIC, auth=(s.person.email, s.person.password)),
    ),
    (
        "GET /api/v1/auth/jwt/token/basic",
        400,
        lambda s: s.http.get(BASIC, auth=(s.person.email, "no")),
    ),
    ("GET /api/v1/auth/jwt/token/basic", 401, lambda s: s.http.get(BASIC)),
    (
        "POST /api/v1/auth/jwt/token",
        200,
        lambda s: s.token(
            **CLIENT_CREDENTIALS, client_id=s.app.client_id, client_secret=s.app.client_secret
        ),
    ),
    (
        "POST /api/v1/auth/jwt/token",
        200,
        lambda s: s.token(
            grant_type="password", username=s.person.email, password=s.person.password
        ),
    ),
    ("POST /api/v1/auth/jwt/token", 400, lambda s: s.token(scope="x")),
    ("POST /api/v1/auth/jwt/token", 400, lambda s: s.token(grant_type="none")),
    (
        "POST /api/v1/auth/jwt/token",
        400,
        lambda s: s.token(grant_type="password", username=s.person.email, password="no"),  # noqa: S106 - wrong on purpose
    ),
    ("POST /api/v1/auth/jwt/token", 401, lambda s: s.token(**CLIENT_CREDENTIALS)),
    ("POST /api/v1/auth/jwt/token", 413, lambda s: s.token(scope=LARGE.decode())),
    ("POST /api/v1/auth/jwt/token", 422, lambda s: s.http.post(TOKEN, json=CLIENT_CREDENTIALS)),
]
ABOUT_TOKENS: list[Call] = [
    ("POST /api/v1/auth/jwt/revoke", 200, lambda s: s.about("revoke", token="a.b.c")),  # noqa: S106 - no token at all
    (
        "POST /api/v1/auth/jwt/revoke",
        400,
        lambda s: s.about("revoke", client_id=s.app.client_id),
    ),
    ("POST /api/v1/auth/jwt/revoke", 400, lambda s: s.about("revoke", token=s.admin.token)),
    (
        "POST /api/v1/auth/jwt/revoke",
        401,
        lambda s: s.http.post("/api/v1/auth/jwt/revoke", data={"token": "a"}),
    ),
    ("POST /api/v1/auth/jwt/introspect", 200, lambda s: s.about("introspect", token="a.b.c")),  # noqa: S106 - likewise no token
    (
        "POST /api/v1/auth/jwt/introspect",
        200,
        lambda s: s.about("introspect", token=s.person.token),
    ),
    (
        "POST /api/v1/auth/jwt/introspect",
        400,
        lambda s: s.about("introspect", client_id=s.app.client_id),
    ),
    (
        "POST /api/v1/auth/jwt/introspect",
        401,
        lambda s: s.http.post("/api/v1/auth/jwt/introspect", data={"token": "a"}),
    ),
]
CREDENTIALS: list[Call] = [
    ("POST /api/v1/clients", 201, lambda s: s.http.post(CLIENTS, headers=s.bearer)),
    (
        "POST /api/v1/clients",
        201,
        lambda s: s.http.post(
            CLIENTS,
            headers=s.program,
            json={"expires_at": "2100-01-01T00:00:00Z", "auth_methods": ["client_secret_jwt"]},
        ),
    ),
    *secured("POST /api/v1/clients", "POST", CLIENTS),
    (
        "POST /api/v1/clients",
        403,
        lambda s: s.http.post(CLIENTS, headers=s.bearer, json={"owner_id": s.admin.id}),
    ),
    (
        "POST /api/v1/clients",
        404,
        lambda s: s.http.post(CLIENTS, headers=s.admin.bearer, json={"owner_id": UNKNOWN}),
    ),
    (
        "POST /api/v1/clients",
        413,
        lambda s: s.http.post(CLIENTS, headers=s.bearer, content=LARGE),
    ),
    (
        "POST /api/v1/clients",
        422,
        lambda s: s.http.post(CLIENTS, headers=s.bearer, json={"colour": 1}),
    ),
    ("GET /api/v1/clients", 200, lambda s: s.http.get(CLIENTS, headers=s.bearer)),
    ("GET /api/v1/clients", 200, lambda s: s.http.get(f"{CLIENTS}?limit=1", headers=s.bearer)),
    *secured("GET /api/v1/clients", "GET", CLIENTS),
    ("GET /api/v1/clients", 422, lambda s: s.http.get(f"{CLIENTS}?limit=0", headers=s.bearer)),
    ("GET /api/v1/clients/{client_id}", 200, lambda s: s.http.get(s.own, headers=s.bearer)),
    *secured("GET /api/v1/clients/{client_id}", "GET", f"{CLIENTS}/{UNKNOWN}"),
    (
        "GET /api/v1/clients/{client_id}",
        404,
        lambda s: s.http.get(f"{CLIENTS}/{UNKNOWN}", headers=s.bearer),
    ),
    (
        "PATCH /api/v1/clients/{client_id}",
        200,
        lambda s: s.http.patch(s.own, headers=s.bearer, json={"name": "another"}),
    ),
    *secured("PATCH /api/v1/clients/{client_id}", "PATCH", f"{CLIENTS}/{UNKNOWN}"),
    (
        "PATCH /api/v1/clients/{client_id}",
        403,
        lambda s: s.http.patch(s.own, headers=s.bearer, json={"may_introspect": True}),
    ),
    (
        "PATCH /api/v1/clients/{client_id}",
        404,
        lambda s: s.http.patch(f"{CLIENTS}/{UNKNOWN}", headers=s.bearer, json={}),
    ),
    (
        "PATCH /api/v1/clients/{client_id}",
        413,
        lambda s: s.http.patch(s.own, headers=s.bearer, content=LARGE),
    ),
    (
        "PATCH /api/v1/clients/{client_id}",
        422,
        lambda s: s.http.patch(s.own, headers=s.bearer, content=b"["),
    ),
    (
        "DELETE /api/v1/clients/{client_id}",
        204,
        lambda s: s.http.delete(
            f"{CLIENTS}/{add_credential(s.service, s.person).client_id}", headers=s.bearer
        ),
    ),
    *secured("DELETE /api/v1/clients/{client_id}", "DELETE", f"{CLIENTS}/{UNKNOWN}"),
    (
        "DELETE /api/v1/clients/{client_id}",
        404,
        lambda s: s.http.delete(f"{CLIENTS}/{UNKNOWN}", headers=s.bearer),
    ),
]
USERS: list[Call] = [
    ("GET /api/v1/users/me", 200, lambda s: s.http.get(ME, headers=s.bearer)),
    ("GET /api/v1/users/me", 200, lambda s: s.http.get(ME, headers=s.program)),
    *secured("GET /api/v1/users/me", "GET", ME),
    ("PUT /api/v1/users/me/password", 400, lambda s: s.password("no", "x" * 20)),
    *secured("PUT /api/v1/users/me/password", "PUT", PASSWORD),
    (
        "PUT /api/v1/users/me/password",
        403,
        lambda s: s.password(s.person.password, "x" * 20, s.program),
    ),
    (
        "PUT /api/v1/users/me/password",
        413,
        lambda s: s.http.put(PASSWORD, headers=s.bearer, content=LARGE),
    ),
    ("PUT /api/v1/users/me/password", 422, lambda s: s.password(s.person.password, "short")),
    ("PUT /api/v1/users/me/password", 204, lambda s: s.own_password()),
]
PEOPLE: list[Call] = [
    (f"GET {PEOPLE_PATH}", 200, lambda s: s.http.get(PEOPLE_PATH, headers=s.admin.bearer)),
    *secured(f"GET {PEOPLE_PATH}", "GET", PEOPLE_PATH),
    (f"GET {PEOPLE_PATH}", 403, lambda s: s.http.get(PEOPLE_PATH, headers=s.bearer)),
    (f"POST {PEOPLE_PATH}", 201, lambda s: s.add("new@people.example")),
    (
        f"POST {PEOPLE_PATH}",
        403,
        lambda s: s.http.post(PEOPLE_PATH, headers=s.bearer, json=SOMEBODY),
    ),
    (f"POST {PEOPLE_PATH}", 409, lambda s: s.add(s.person.email)),
    (f"POST {PEOPLE_PATH}", 422, lambda s: s.add("no address")),
    (f"GET {ONE_PERSON}", 200, lambda s: s.of_person("GET", s.person.id)),
    *secured(f"GET {ONE_PERSON}", "GET", f"{PEOPLE_PATH}/{UNKNOWN}"),
    (f"GET {ONE_PERSON}", 404, lambda s: s.of_person("GET", UNKNOWN)),
    (
        f"PATCH {ONE_PERSON}",
        200,
        lambda s: s.of_person("PATCH", add_person(s.service).id, json={"is_active": False}),
    ),
    (f"PATCH {ONE_PERSON}", 404, lambda s: s.of_person("PATCH", UNKNOWN, json={})),
    (f"PATCH {ONE_PERSON}", 422, lambda s: s.of_person("PATCH", UNKNOWN, json={"x": 1})),
    (f"DELETE {ONE_PERSON}", 204, lambda s: s.of_person("DELETE", add_person(s.service).id)),
    (f"DELETE {ONE_PERSON}", 404, lambda s: s.of_person("DELETE", UNKNOWN)),
]
SCOPES: list[Call] = [
    (f"GET {SCOPES_PATH}", 200, lambda s: s.http.get(SCOPES_PATH, headers=s.bearer)),
    *secured(f"GET {SCOPES_PATH}", "GET", SCOPES_PATH),
    (f"POST {SCOPES_PATH}", 201, lambda s: s.define("tiles:new")),
    (
        f"POST {SCOPES_PATH}",
        403,
        lambda s: s.http.post(SCOPES_PATH, headers=s.bearer, json={"name": "x"}),
    ),
    (f"POST {SCOPES_PATH}", 409, lambda s: (s.define("tiles:read"), s.define("tiles:read"))[1]),
    (f"POST {SCOPES_PATH}", 422, lambda s: s.define("two words")),
    (
        f"DELETE {ONE_SCOPE}",
        204,
        lambda s: (s.define("gone"), s.http.delete(f"{SCOPES_PATH}/gone", headers=s.admin.bearer))[
            1
        ],
    ),
    (
        f"DELETE {ONE_SCOPE}",
        404,
        lambda s: s.http.delete(f"{SCOPES_PATH}/never", headers=s.admin.bearer),
    ),
]
DOCUMENTS: list[Call] = [
    *read("GET /.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"),
    *read("GET /.well-known/openid-configuration", "/.well-known/openid-configuration"),
    *read("GET /.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource"),
    *read("GET /.well-known/jwks.json", "/.well-known/jwks.json"),
    *kept("GET /.well-known/revocations", "/.well-known/revocations"),
    *kept("GET /openapi.json", "/openapi.json"),
    *kept("GET /docs", "/docs"),
    *kept("GET /redoc", "/redoc"),
    *kept("GET /docs/assets/{name}", "/docs/assets/favicon.png"),
    *read("GET /docs/assets/{name}", "/docs/assets/docs.js"),
    *read("GET /docs/assets/{name}", "/docs/assets/page.css"),
    ("GET /docs/assets/{name}", 404, lambda s: s.http.get("/docs/assets/other.js")),
    *read("GET /healthz", "/healthz"),
    *read("GET /readyz", "/readyz"),
]
CALLS: list[Call] = [*TOKENS, *ABOUT_TOKENS, *CREDENTIALS, *USERS, *PEOPLE, *SCOPES, *DOCUMENTS]
