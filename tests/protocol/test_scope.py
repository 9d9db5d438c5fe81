"""Scope (RFC 6749 section 3.3) once the operator has defined some, and resource indicators."""

from collections.abc import Iterator

import httpx
import jwt
import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase, StartService
from tests.people import CLIENTS, TOKEN, Credential, add_credential, add_person
from tests.service import Service

SCOPES = "/api/v1/scopes"
INTROSPECT = "/api/v1/auth/jwt/introspect"
METADATA = "/.well-known/oauth-authorization-server"
SECTION = "RFC 6749 section 3.3"
API = "https://api.example/maps"


NAMES = ("maps", "tiles:read", "tiles:write")


@pytest.fixture(name="scoped", scope="module")
def _scoped(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[tuple[Service, httpx.Client, Credential]]:
    """A server with scopes and audiences; a test leaves its scopes as they were."""
    settings = {
        **WITHOUT_THROTTLE,
        "audience": f"{API},https://api.example/tiles",
        "scopes": ",".join(NAMES),
    }
    home = tmp_path_factory.mktemp("scoped")
    with (
        Service(home, settings=settings, database_url=new_database()) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http,
    ):
        yield service, http, add_credential(service, add_person(service, admin=True))


def ask(http: httpx.Client, app: Credential, **form: str | list[str]) -> httpx.Response:
    """Ask for a token by client_credentials."""
    data = {"grant_type": "client_credentials", **form}
    return http.post(TOKEN, data=data, auth=(app.client_id, app.client_secret))


@pytest.mark.clause(SECTION)
def test_scope_is_narrowed_and_named(scoped: tuple[Service, httpx.Client, Credential]) -> None:
    _, http, app = scoped
    table: list[tuple[dict[str, str], str]] = [
        ({}, "maps tiles:read tiles:write"),
        ({"scope": "tiles:read"}, "tiles:read"),
        ({"scope": "tiles:write maps"}, "maps tiles:write"),
        ({"scope": "maps maps"}, "maps"),
    ]
    for form, granted in table:
        body = ask(http, app, **form).json()
        claims = jwt.decode(body["access_token"], options={"verify_signature": False})
        assert body["scope"] == claims["scope"] == granted, form


@pytest.mark.clause(SECTION)
def test_wrong_scope_is_refused(scoped: tuple[Service, httpx.Client, Credential]) -> None:
    _, http, app = scoped
    for scope in ("unknown", "maps unknown", " maps", "maps  tiles:read", 'm"', "maps\\", "é"):
        answer = ask(http, app, scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), scope


@pytest.mark.clause(SECTION)
def test_person_gets_scopes_too(scoped: tuple[Service, httpx.Client, Credential]) -> None:
    _, http, app = scoped
    form = {"grant_type": "password", "username": app.owner.email, "password": app.owner.password}
    assert http.post(TOKEN, data={**form, "scope": "maps"}).json()["scope"] == "maps"
    basic = http.get(f"{TOKEN}/basic", auth=(app.owner.email, app.owner.password)).json()
    assert basic["scope"] == "maps tiles:read tiles:write"


def test_scopes_are_defined_by_administrators(
    scoped: tuple[Service, httpx.Client, Credential],
) -> None:
    service, http, app = scoped
    admin, nobody = app.owner.bearer, add_person(service).bearer
    made = http.post(SCOPES, json={"name": "new", "description": "New"}, headers=admin)
    assert made.status_code == 201
    assert http.post(SCOPES, json={"name": "new"}, headers=admin).status_code == 409
    assert http.post(SCOPES, json={"name": "a b"}, headers=admin).status_code == 422
    assert http.post(SCOPES, json={"name": "other"}, headers=nobody).status_code == 403
    listed = [scope["name"] for scope in http.get(SCOPES, headers=nobody).json()]
    assert listed == ["maps", "new", "tiles:read", "tiles:write"]
    assert ask(http, app, scope="new").status_code == 200
    assert http.delete(f"{SCOPES}/new", headers=nobody).status_code == 403
    assert http.delete(f"{SCOPES}/new", headers=admin).status_code == 204
    assert http.delete(f"{SCOPES}/new", headers=admin).status_code == 404
    assert ask(http, app, scope="new").status_code == 400


@pytest.mark.clause("RFC 8414 section 2")
def test_scopes_are_named_and_off_again_without_any(
    scoped: tuple[Service, httpx.Client, Credential],
) -> None:
    service, http, app = scoped
    assert http.get(METADATA).json()["scopes_supported"] == [*NAMES]
    for name in NAMES:
        assert service.cli("scope", "delete", name).returncode == 0
    assert "scopes_supported" not in http.get(METADATA).json()
    assert "scope" not in ask(http, app, scope="whatever").json()
    assert service.cli("scope", "delete", "maps").returncode == 1
    for name in NAMES:
        assert service.cli("scope", "add", name).returncode == 0


def test_settings_define_scopes_too(start_service: StartService) -> None:
    service = start_service({"scopes": "maps,tiles:read"})
    document = httpx.get(service.url + METADATA, trust_env=False).json()
    assert document["scopes_supported"] == ["maps", "tiles:read"]
    assert service.cli("scope", "delete", "maps").returncode == 0
    service.stop()
    service.settings = {"scopes": "tiles:write"}
    service.start()
    document = httpx.get(service.url + METADATA, trust_env=False).json()
    assert document["scopes_supported"] == ["tiles:read", "tiles:write"]
    service.stop()
    service.settings = {"scopes": "two words"}
    refused = service.cli("serve", "--port", str(service.port))
    assert (refused.returncode, "setting scopes: " in refused.stderr) == (1, True)
    service.settings = {}


@pytest.mark.clause("RFC 8707 section 2")
def test_resource_picks_among_audiences(scoped: tuple[Service, httpx.Client, Credential]) -> None:
    service, http, app = scoped
    both = [API, "https://api.example/tiles"]
    table: list[tuple[dict[str, str | list[str]], object]] = [
        ({}, [*both, service.url]),
        ({"resource": API}, API),
        ({"resource": both}, both),
        ({"resource": service.url}, service.url),
    ]
    for form, audience in table:
        token = ask(http, app, **form).json()["access_token"]
        assert jwt.decode(token, options={"verify_signature": False})["aud"] == audience
        bearer = {"Authorization": f"Bearer {token}"}
        good = audience in (service.url, [*both, service.url])
        assert http.get(CLIENTS, headers=bearer).status_code == (200 if good else 401)
        shown = http.post(
            INTROSPECT,
            data={"token": token},
            auth=(app.client_id, app.client_secret),
        ).json()
        assert (shown["active"], shown["aud"]) == (True, audience)


@pytest.mark.clause("RFC 8707 section 2")
def test_unknown_resource_is_refused(scoped: tuple[Service, httpx.Client, Credential]) -> None:
    _, http, app = scoped
    for resource in ("https://elsewhere.example", [API, "https://elsewhere.example"], API + "/"):
        answer = ask(http, app, resource=resource)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


@pytest.mark.clause("RFC 9728 section 3.2")
def test_management_api_describes_itself(http: httpx.Client, service: Service) -> None:
    body = http.get("/.well-known/oauth-protected-resource").json()
    assert body["resource"] == service.url
    assert body["authorization_servers"] == [service.url]
    server = http.get(METADATA).json()
    named = "dpop_signing_alg_values_supported"
    assert body[named] == server[named]
    assert "dpop_bound_access_tokens_required" not in body


@pytest.mark.clause(SECTION)
def test_credential_may_be_granted_its_own_set_alone(
    scoped: tuple[Service, httpx.Client, Credential],
) -> None:
    service, http, app = scoped
    few = add_credential(service, app.owner, scopes=["maps", "tiles:read"])
    assert ask(http, few).json()["scope"] == "maps tiles:read"
    assert ask(http, few, scope="tiles:write").json()["error"] == "invalid_scope"
    path = f"{CLIENTS}/{few.client_id}"
    changed = http.patch(path, json={"scopes": ["maps"]}, headers=app.owner.bearer)
    assert changed.json()["scopes"] == ["maps"]
    assert ask(http, few).json()["scope"] == "maps"
    for wrong in (["unknown"], [], ["a b"], [1], "maps"):
        assert http.patch(path, json={"scopes": wrong}, headers=app.owner.bearer).status_code == 422
    assert http.patch(path, json={"scopes": None}, headers=app.owner.bearer).status_code == 200
    assert ask(http, few).json()["scope"] == "maps tiles:read tiles:write"


def test_program_hands_on_no_more_than_it_has(
    scoped: tuple[Service, httpx.Client, Credential],
) -> None:
    service, http, app = scoped
    few = add_credential(service, app.owner, scopes=["maps", "tiles:read"])
    token = ask(http, few, resource=service.url).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert http.post(CLIENTS, headers=bearer).json()["scopes"] == ["maps", "tiles:read"]
    made = http.post(CLIENTS, json={"scopes": ["maps"]}, headers=bearer)
    assert made.json()["scopes"] == ["maps"]
    wider = {"scopes": ["maps", "tiles:write"]}
    assert http.post(CLIENTS, json=wider, headers=bearer).status_code == 422
    for path in (few.client_id, made.json()["client_id"]):
        changed = http.patch(f"{CLIENTS}/{path}", json={"scopes": None}, headers=bearer)
        assert changed.status_code == 403
