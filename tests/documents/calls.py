"""What is sent to every documented operation: one right request, and at least one for a refusal."""

from typing import Any

from tests.documents.management import MANAGEMENT
from tests.documents.scene import CLIENT_CREDENTIALS, LARGE, Call
from tests.people import BASIC, TOKEN


def read(operation: str, path: str, **more: Any) -> list[Call]:
    """A document that anybody may read."""
    return [(operation, 200, lambda s: s.http.get(path, **more))]


def kept(operation: str, path: str) -> list[Call]:
    """A document that is not sent to who has it."""
    return [*read(operation, path), (operation, 304, lambda s: s.known(path))]


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
    (
        "GET /api/v1/auth/jwt/token/basic",
        400,
        lambda s: s.http.get(
            BASIC, auth=(s.person.email, s.person.password), headers={"DPoP": "a.b.c"}
        ),
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
    (
        "POST /api/v1/auth/jwt/token",
        200,
        lambda s: s.proven(
            "POST", TOKEN, data=CLIENT_CREDENTIALS, auth=(s.app.client_id, s.app.client_secret)
        ),
    ),
    (
        "POST /api/v1/auth/jwt/token",
        400,
        lambda s: s.http.post(TOKEN, data=CLIENT_CREDENTIALS, headers={"DPoP": "a.b.c"}),
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
        200,
        lambda s: s.about("introspect", token=s.bound),
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
CALLS: list[Call] = [*TOKENS, *ABOUT_TOKENS, *MANAGEMENT, *DOCUMENTS]
