"""What is sent to every operation of the management API."""

from tests.documents.scene import (
    LARGE,
    ONE_PERSON,
    ONE_SCOPE,
    PASSWORD,
    PEOPLE_PATH,
    PUBLIC_KEY,
    SCOPES_PATH,
    SOMEBODY,
    UNKNOWN,
    Call,
)
from tests.people import CLIENTS, ME, add_credential, add_person


def secured(operation: str, method: str, path: str) -> list[Call]:
    """What a route says without a good token."""
    bad = {"Authorization": "Bearer a.b.c"}
    return [
        (operation, 400, lambda s: s.twice(method, path)),
        (operation, 401, lambda s: s.http.request(method, path)),
        (operation, 401, lambda s: s.http.request(method, path, headers=bad)),
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
    ("GET /api/v1/users/me", 200, lambda s: s.proven("GET", ME, s.bound)),
    ("GET /api/v1/users/me", 401, lambda s: s.unproven(ME)),
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
SECRETS_PATH = "/api/v1/clients/{client_id}/secrets"
ONE_SECRET = SECRETS_PATH + "/{secret_id}"
COUNTS_PATH = "/api/v1/clients/{client_id}/token-counts"
KEYS_PATH = "/api/v1/clients/{client_id}/jwks"
KEYS = {"keys": [PUBLIC_KEY]}
PROOFS: list[Call] = [
    (f"POST {SECRETS_PATH}", 201, lambda s: s.rotate(s.other_app())),
    *secured(f"POST {SECRETS_PATH}", "POST", f"{CLIENTS}/{UNKNOWN}/secrets"),
    (f"POST {SECRETS_PATH}", 404, lambda s: s.rotate(UNKNOWN)),
    (f"POST {SECRETS_PATH}", 409, lambda s: s.rotate_twice(s.other_app())),
    (f"POST {SECRETS_PATH}", 422, lambda s: s.rotate(s.app.client_id, colour=1)),
    (f"GET {SECRETS_PATH}", 200, lambda s: s.http.get(f"{s.own}/secrets", headers=s.bearer)),
    *secured(f"GET {SECRETS_PATH}", "GET", f"{CLIENTS}/{UNKNOWN}/secrets"),
    (f"DELETE {ONE_SECRET}", 204, lambda s: s.remove_first_secret(s.rotated())),
    (f"DELETE {ONE_SECRET}", 404, lambda s: s.remove_secret(s.app.client_id, UNKNOWN)),
    (f"DELETE {ONE_SECRET}", 409, lambda s: s.remove_first_secret(s.other_app())),
    (f"GET {COUNTS_PATH}", 200, lambda s: s.http.get(f"{s.own}/token-counts", headers=s.bearer)),
    *secured(f"GET {COUNTS_PATH}", "GET", f"{CLIENTS}/{UNKNOWN}/token-counts"),
    (f"PUT {KEYS_PATH}", 200, lambda s: s.register(s.other_app(), KEYS)),
    *secured(f"PUT {KEYS_PATH}", "PUT", f"{CLIENTS}/{UNKNOWN}/jwks"),
    (f"PUT {KEYS_PATH}", 404, lambda s: s.register(UNKNOWN, KEYS)),
    (f"PUT {KEYS_PATH}", 422, lambda s: s.register(s.app.client_id, {"keys": [{"kty": "oct"}]})),
    (f"GET {KEYS_PATH}", 200, lambda s: s.http.get(f"{s.own}/jwks", headers=s.bearer)),
    (f"GET {KEYS_PATH}", 404, lambda s: s.http.get(f"{CLIENTS}/{UNKNOWN}/jwks", headers=s.bearer)),
    (f"DELETE {KEYS_PATH}", 204, lambda s: s.http.delete(f"{s.own}/jwks", headers=s.bearer)),
    *secured(f"DELETE {KEYS_PATH}", "DELETE", f"{CLIENTS}/{UNKNOWN}/jwks"),
]
SIGNING_KEYS_PATH = "/api/v1/keys"
ROTATE_PATH = f"{SIGNING_KEYS_PATH}/rotate"
SIGNING_KEYS: list[Call] = [
    (
        f"GET {SIGNING_KEYS_PATH}",
        200,
        lambda s: s.http.get(SIGNING_KEYS_PATH, headers=s.admin.bearer),
    ),
    (f"GET {SIGNING_KEYS_PATH}", 403, lambda s: s.http.get(SIGNING_KEYS_PATH, headers=s.bearer)),
    *secured(f"GET {SIGNING_KEYS_PATH}", "GET", SIGNING_KEYS_PATH),
    (f"POST {ROTATE_PATH}", 200, lambda s: s.http.post(ROTATE_PATH, headers=s.admin.bearer)),
    (f"POST {ROTATE_PATH}", 403, lambda s: s.http.post(ROTATE_PATH, headers=s.bearer)),
    (
        f"POST {ROTATE_PATH}",
        422,
        lambda s: s.http.post(ROTATE_PATH, json={"colour": 1}, headers=s.admin.bearer),
    ),
    *secured(f"POST {ROTATE_PATH}", "POST", ROTATE_PATH),
]
EVENTS_PATH = "/api/v1/audit-events"
EVENTS: list[Call] = [
    (f"GET {EVENTS_PATH}", 200, lambda s: s.http.get(EVENTS_PATH, headers=s.bearer)),
    (
        f"GET {EVENTS_PATH}",
        200,
        lambda s: s.http.get(f"{EVENTS_PATH}?limit=1", headers=s.admin.bearer),
    ),
    *secured(f"GET {EVENTS_PATH}", "GET", EVENTS_PATH),
    (f"GET {EVENTS_PATH}", 403, lambda s: s.http.get(EVENTS_PATH, headers=s.program)),
    (f"GET {EVENTS_PATH}", 422, lambda s: s.http.get(f"{EVENTS_PATH}?limit=0", headers=s.bearer)),
]
WEBHOOKS_PATH = "/api/v1/webhooks"
ONE_WEBHOOK = WEBHOOKS_PATH + "/{webhook_id}"
TOLD_PATH = ONE_WEBHOOK + "/deliveries"
WEBHOOKS: list[Call] = [
    (f"POST {WEBHOOKS_PATH}", 201, lambda s: s.add_webhook()),
    *secured(f"POST {WEBHOOKS_PATH}", "POST", WEBHOOKS_PATH),
    (f"POST {WEBHOOKS_PATH}", 403, lambda s: s.http.post(WEBHOOKS_PATH, headers=s.bearer)),
    (
        f"POST {WEBHOOKS_PATH}",
        422,
        lambda s: s.http.post(WEBHOOKS_PATH, json={"url": "x"}, headers=s.admin.bearer),
    ),
    (f"GET {WEBHOOKS_PATH}", 200, lambda s: s.http.get(WEBHOOKS_PATH, headers=s.admin.bearer)),
    *secured(f"GET {WEBHOOKS_PATH}", "GET", WEBHOOKS_PATH),
    (f"DELETE {ONE_WEBHOOK}", 204, lambda s: s.of_webhook("DELETE", s.webhook())),
    (f"DELETE {ONE_WEBHOOK}", 404, lambda s: s.of_webhook("DELETE", UNKNOWN)),
    *secured(f"DELETE {ONE_WEBHOOK}", "DELETE", f"{WEBHOOKS_PATH}/{UNKNOWN}"),
    (f"GET {TOLD_PATH}", 200, lambda s: s.of_webhook("GET", s.webhook() + "/deliveries")),
    (f"GET {TOLD_PATH}", 404, lambda s: s.of_webhook("GET", UNKNOWN + "/deliveries")),
    (f"GET {TOLD_PATH}", 422, lambda s: s.of_webhook("GET", UNKNOWN + "/deliveries?limit=0")),
    *secured(f"GET {TOLD_PATH}", "GET", f"{WEBHOOKS_PATH}/{UNKNOWN}/deliveries"),
]
MANAGEMENT: list[Call] = [
    *CREDENTIALS,
    *PROOFS,
    *USERS,
    *PEOPLE,
    *SCOPES,
    *SIGNING_KEYS,
    *EVENTS,
    *WEBHOOKS,
]
