"""A fixed script of requests, and its answers less what no two installations have in common."""

import re
from collections.abc import Iterator

import httpx

from tests.faults import LONG
from tests.hostile import assertions, bodies, forms, tokens
from tests.hostile.table import exchange
from tests.people import BASIC, CLIENTS, ME, TOKEN, USERS, Person, add_credential, add_person
from tests.protocol.table import World
from tests.raw import Answer
from tests.service import Service

EACH = 1 if LONG else 5  # of so many rows, one is asked
ROWS = [row for page in (forms, assertions, tokens, bodies) for row in page.ROWS][::EACH]
REVOKE, INTROSPECT = (
    f"{TOKEN.removesuffix('token')}revoke",
    f"{TOKEN.removesuffix('token')}introspect",
)
UNKNOWN = "00000000-0000-4000-8000-000000000000"
DIFFER = [
    (re.compile(pattern), name)
    for pattern, name in (
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID"),
        (r"ths_[\w-]+", "SECRET"),
        (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "JWT"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "TIME"),
        (r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", "DATE"),
        (r"[0-9a-f]{16}@\w+\.example", "EMAIL"),
        (r"127\.0\.0\.1:\d{5}", "HOST"),
        (r'"hint":"[\w-]+"', "HINT"),
        (r"(?<![\w-])[\w-]{43}(?![\w-])", "DIGEST"),
        (r"(?<!\d)1[789]\d{8}(?!\d)", "SECONDS"),
        (r"\d+\.[\w-]{22}(?![\w-])", "JTI"),
        (r"after=[\w%=-]+", "CURSOR"),
    )
]


def less_what_differs(text: str) -> str:
    """The text without ids, secrets and dates."""
    for pattern, name in DIFFER:
        text = pattern.sub(name, text)
    return text


def world_of(service: Service) -> World:
    """People and app credentials, as the tables' rows speak of them."""
    someone, other = add_person(service), add_person(service)
    app, deleted = (add_credential(service, someone) for _ in range(2))
    gone = f"{service.url}{CLIENTS}/{deleted.client_id}"
    httpx.delete(gone, headers=someone.bearer, trust_env=False, timeout=30)
    return World(service, someone, app, add_credential(service, other), deleted)


def written(answer: Answer | httpx.Response) -> str:
    """An answer as text, head and body."""
    if isinstance(answer, Answer):
        status, headers, body = answer.status, answer.headers.items(), answer.body
    else:
        status, headers, body = answer.status_code, answer.headers.multi_items(), answer.content
    lines = [f"{name.lower()}: {value}" for name, value in headers]
    return less_what_differs("\n".join([str(status), *lines, "", body.decode("utf-8", "replace")]))


def answers(service: Service) -> Iterator[tuple[str, str]]:
    """Run the script; what was asked, and what came back."""
    world = world_of(service)
    for row in ROWS:
        found = exchange(service.port, row.sent(world))
        yield row.name, "\n\n".join(written(answer) for answer in found)
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        newcomer = add_person(
            service
        )  # the rows' own credentials were used, which shows in a moment
        for name, answer in (*managing(http, newcomer), *using(http, world)):
            yield name, written(answer)


def managing(http: httpx.Client, person: Person) -> Iterator[tuple[str, httpx.Response]]:
    """What a person does with app credentials."""
    bearer = person.bearer
    http.post(CLIENTS, json={"name": "first"}, headers=bearer)
    asked = {"name": "map", "description": "tiles", "expires_at": "2100-01-01T00:00:00Z"}
    made = http.post(CLIENTS, json=asked, headers=bearer)
    yield "create", made
    path = f"{CLIENTS}/{made.json()['client_id']}"
    for change in ({"name": "sea"}, {"disabled": True}, {"disabled": False}, {"expires_at": None}):
        yield f"change {change}", http.patch(path, json=change, headers=bearer)
    yield "change wrongly", http.patch(path, json={"nome": "sea"}, headers=bearer)
    yield "show", http.get(path, headers=bearer)
    yield "list", http.get(CLIENTS, headers=bearer)
    yield "list a page", http.get(f"{CLIENTS}?limit=1", headers=bearer)
    for number in range(2):
        yield f"rotate {number}", http.post(f"{path}/secrets", json={}, headers=bearer)
    secrets = http.get(f"{path}/secrets", headers=bearer)
    yield "secrets", secrets
    for row in secrets.json():
        one = f"{path}/secrets/{row['secret_id']}"
        yield "delete a secret", http.delete(one, headers=bearer)
    yield "keys", http.get(f"{path}/jwks", headers=bearer)
    yield "no keys", http.put(f"{path}/jwks", json={"keys": []}, headers=bearer)
    yield "delete", http.delete(path, headers=bearer)
    for method in ("GET", "PATCH", "DELETE"):
        yield f"{method} deleted", http.request(method, path, json={}, headers=bearer)
        yield (
            f"{method} unknown",
            http.request(method, f"{CLIENTS}/{UNKNOWN}", json={}, headers=bearer),
        )


def using(http: httpx.Client, world: World) -> Iterator[tuple[str, httpx.Response]]:
    """What a program does with its token, and a person with their account."""
    me: Person = world.someone
    bearer, pair = me.bearer, (world.app.client_id, world.app.client_secret)
    token = http.post(TOKEN, data={"grant_type": "client_credentials"}, auth=pair)
    yield "token", token
    shown = {"token": token.json()["access_token"]}
    yield "introspect", http.post(INTROSPECT, data=shown, auth=pair)
    yield "revoke", http.post(REVOKE, data=shown, auth=pair)
    yield "introspect the revoked", http.post(INTROSPECT, data=shown, auth=pair)
    used = {"Authorization": f"Bearer {shown['token']}"}
    yield "use the revoked", http.get(ME, headers=used)
    yield "me", http.get(ME, headers=bearer)
    yield "sign in", http.get(BASIC, auth=(me.email, me.password))
    yield "sign in wrongly", http.get(BASIC, auth=(me.email, "wrong"))
    yield "users", http.get(USERS, headers=bearer)
    yield "ready", http.get("/readyz")
    for name in ("jwks.json", "oauth-authorization-server", "oauth-protected-resource"):
        yield name, http.get(f"/.well-known/{name}")
    new = {"current_password": me.password, "new_password": "another long password"}
    yield "new password", http.put(f"{ME}/password", json=new, headers=bearer)
    yield "old token", http.get(ME, headers=bearer)
