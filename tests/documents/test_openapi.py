"""The document is valid, its examples fit its schemas, and nothing that answers is left out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.conftest import StartService
from tests.documents.spec import Spec, escaped
from tests.people import BASIC, TOKEN
from tests.raw import Request, send
from tests.service import Service
from tokenhouse.api.application import make_api
from tokenhouse.api.documents import documents
from tokenhouse.endpoints import ENDPOINTS
from tokenhouse.opening import open_context
from tokenhouse.settings.loading import load

WITHOUT_BODY = {204, 304}


def test_document_is_valid(spec: Spec) -> None:
    found = OpenAPIV31SpecValidator(spec.document).iter_errors()
    assert [(list(error.absolute_path), error.message) for error in found] == []


def examples(spec: Spec, pointer: str, node: dict[str, Any]) -> Iterator[Any]:
    """The examples beside a schema."""
    if "example" in node:
        yield node["example"]
    for name in node.get("examples", {}):
        yield spec.at(f"{pointer}/examples/{name}")[1]["value"]


def test_every_example_fits_its_schema(spec: Spec) -> None:
    shown = [
        (pointer, example)
        for pointer, node in spec.described()
        for example in examples(spec, pointer, node)
    ]
    assert len(shown) > 50
    wrong = {
        pointer: errors
        for pointer, example in shown
        if (errors := spec.errors(f"{pointer}/schema", example))
    }
    assert wrong == {}


def test_every_schema_example_fits_it(spec: Spec) -> None:
    schemas = spec.document["components"]["schemas"]
    shown = [(name, one) for name in schemas for one in schemas[name].get("examples", ())]
    assert shown
    assert [
        (name, errors)
        for name, one in shown
        if (errors := spec.errors(f"/components/schemas/{name}", one))
    ] == []


def test_every_json_body_has_a_shape_and_an_example(spec: Spec) -> None:
    bare: list[str] = []
    for operation in spec.operations:
        for status in operation.body["responses"]:
            pointer, answer = spec.answer(operation, int(status))
            media = answer.get("content", {}).get("application/json")
            if media is None:
                continue
            shown = [*examples(spec, f"{pointer}/content/application~1json", media)]
            if "schema" not in media or not shown:
                bare.append(pointer)
    assert bare == []


def test_every_json_request_has_an_example(spec: Spec) -> None:
    asked = {
        operation.name: body["application/json"]["schema"]
        for operation in spec.operations
        if "application/json" in (body := operation.body.get("requestBody", {}).get("content", {}))
    }
    assert len(asked) >= 8
    schemas = {name: schema.get("$ref", "").rpartition("/")[2] for name, schema in asked.items()}
    named = spec.document["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not named[schema].get("examples")] == []


def test_every_operation_says_what_it_is(spec: Spec) -> None:
    tags = {tag["name"] for tag in spec.document["tags"]}
    for operation in spec.operations:
        assert operation.body["summary"], operation
        assert set(operation.body["tags"]) <= tags, operation
        assert operation.body["tags"], operation
        assert any(int(status) < 400 for status in operation.body["responses"]), operation
        assert "431" in operation.body["responses"], operation
    ids = [operation.id for operation in spec.operations]
    assert len(set(ids)) == len(ids)


def test_answers_that_ask_for_a_header_document_it(spec: Spec) -> None:
    needed = {401: "WWW-Authenticate", 429: "Retry-After"}
    for operation in spec.operations:
        for status in map(int, operation.body["responses"]):
            headers = spec.answer(operation, status)[1].get("headers", {})
            if status in needed:
                assert headers[needed[status]]["required"], (operation.name, status)
    created = spec.answer(spec.operation("POST /api/v1/clients"), 201)[1]
    assert created["headers"]["Location"]["required"]
    token = spec.operation("POST /api/v1/auth/jwt/token")
    assert "Retry-After" in spec.answer(token, 503)[1]["headers"]
    assert "Link" in spec.answer(spec.operation("GET /api/v1/clients"), 200)[1]["headers"]


def test_every_route_is_documented(spec: Spec, tmp_path: Path) -> None:
    context = open_context(load({"data_dir": tmp_path / "data"}, environ={}).settings, create=True)
    try:
        routes = {
            (route.path, method.lower())
            for route in iter_route_contexts(make_api(context).routes)
            for method in route.methods or ()
        }
        routes |= {
            (one.path, method.lower())
            for one in ENDPOINTS
            if one.is_on(context.settings)
            for method in one.methods
        }
        served = set(documents(context, spec.document))
    finally:
        context.close()
    names = spec.document["paths"]["/docs/assets/{name}"]["get"]["parameters"][0]["schema"]["enum"]
    files = {f"/docs/assets/{name}" for name in names}
    routes |= {(path, "get") for path in served - files} | {("/docs/assets/{name}", "get")}
    documented = {(one.path, one.method) for one in spec.operations}
    assert {route for route in routes if route[1] != "head"} == documented
    assert files <= served


FORM = {
    "grant_type",
    "username",
    "password",
    "scope",
    "resource",
    "client_id",
    "client_secret",
    "client_assertion_type",
    "client_assertion",
}


def test_token_form_has_every_parameter(spec: Spec) -> None:
    _, form = spec.at("/components/schemas/TokenRequest")
    assert set(form["properties"]) == FORM
    for secret in ("password", "client_secret"):
        assert form["properties"][secret]["format"] == "password"
        assert form["properties"][secret]["writeOnly"] is True
    assert form["properties"]["grant_type"]["enum"] == ["client_credentials", "password"]


def parameters_of(spec: Spec, name: str) -> list[dict[str, Any]]:
    """The parameters of an operation."""
    listed = spec.operation(name).body["parameters"]
    return [spec.at(one["$ref"][1:])[1] if "$ref" in one else one for one in listed]


def test_every_parameter_of_the_list_is_documented(spec: Spec) -> None:
    parameters = parameters_of(spec, "GET /api/v1/clients")
    assert {(one["name"], one["in"], one.get("required", False)) for one in parameters} == {
        ("limit", "query", False),
        ("after", "query", False),
        ("DPoP", "header", False),
    }
    limit = next(one["schema"] for one in parameters if one["name"] == "limit")
    assert (limit["type"], limit["minimum"], limit["maximum"]) == ("integer", 1, 1000)


def test_body_that_may_be_left_out_cannot_be_null(spec: Spec) -> None:
    operation = spec.operation("POST /api/v1/clients")
    body = operation.body["requestBody"]
    assert not body.get("required")
    where = f"/paths/{escaped(operation.path)}/post/requestBody/content/application~1json/schema"
    assert spec.errors(where, {}) == []
    assert spec.errors(where, None) != []


def test_security_schemes_say_who_signs_in_how(spec: Spec, service: Service) -> None:
    schemes = spec.document["components"]["securitySchemes"]
    kinds = {name: (one["type"], one.get("scheme")) for name, one in schemes.items()}
    assert kinds == {
        "bearer": ("http", "bearer"),
        "dpop": ("http", "dpop"),
        "oauth2": ("oauth2", None),
        "user_basic": ("http", "basic"),
        "client_secret_basic": ("http", "basic"),
    }
    flows = schemes["oauth2"]["flows"]
    assert set(flows) == {"clientCredentials", "password"}
    assert {flow["tokenUrl"] for flow in flows.values()} == {service.url + TOKEN}
    assert spec.document["servers"] == [{"url": service.url}]
    for operation in spec.operations:
        if operation.path.startswith(("/api/v1/clients", "/api/v1/users")):
            assert operation.body["security"] == [{"bearer": []}, {"oauth2": []}, {"dpop": []}]


def test_what_is_turned_off_is_not_documented(start_service: StartService) -> None:
    service = start_service({"password_grant": "false", "basic_token": "false"})
    spec = Spec(send(service.port, Request("GET", "/openapi.json")).json())
    assert [error.message for error in OpenAPIV31SpecValidator(spec.document).iter_errors()] == []
    assert BASIC not in spec.document["paths"]
    schemes = spec.document["components"]["securitySchemes"]
    assert set(schemes) == {"bearer", "oauth2", "dpop", "client_secret_basic"}
    assert set(schemes["oauth2"]["flows"]) == {"clientCredentials"}
    form = spec.document["components"]["schemas"]["TokenRequest"]["properties"]
    assert set(form) == FORM - {"username", "password"}
    assert form["grant_type"]["enum"] == ["client_credentials"]
    errors = spec.answer(spec.operation("POST /api/v1/auth/jwt/token"), 400)[1]
    assert "invalid_grant" not in errors["content"]["application/json"]["examples"]


def test_proofs_are_documented_wherever_one_can_be_sent(spec: Spec) -> None:
    for operation in spec.operations:
        takes = any("dpop" in one for one in operation.body.get("security", ()))
        if not (takes or operation.path.startswith(TOKEN)):
            assert "DPoP" not in str(operation.body.get("parameters")), operation
            continue
        assert [one["name"] for one in parameters_of(spec, operation.name)].count("DPoP") == 1
        good = min(map(int, operation.body["responses"]))
        refused = 401 if takes else 400
        for status in (good, refused):
            if status != 200 or not operation.path.endswith(("revoke", "introspect")):
                assert "DPoP-Nonce" in spec.answer(operation, status)[1]["headers"], operation
    for name, status in (("POST /api/v1/auth/jwt/token", 400), ("GET /api/v1/users/me", 401)):
        media = spec.answer(spec.operation(name), status)[1]["content"]["application/json"]
        errors = {one["value"].get("error") for one in media["examples"].values()}
        assert errors > {"invalid_dpop_proof", "use_dpop_nonce"}


def test_where_all_is_bound_the_proof_is_required(start_service: StartService) -> None:
    service = start_service({"require_dpop": "true"})
    spec = Spec(send(service.port, Request("GET", "/openapi.json")).json())
    assert [error.message for error in OpenAPIV31SpecValidator(spec.document).iter_errors()] == []
    (proof,) = parameters_of(spec, "POST /api/v1/auth/jwt/token")
    assert proof["required"] is True
    _, token = spec.at("/components/schemas/TokenResponse")
    assert token["properties"]["token_type"]["enum"] == ["DPoP"]
    test_every_example_fits_its_schema(spec)
    resource = send(service.port, Request("GET", "/.well-known/oauth-protected-resource")).json()
    assert resource["dpop_bound_access_tokens_required"] is True


def test_addresses_come_from_the_issuer_alone(start_service: StartService) -> None:
    issuer = "https://tokens.example/tenant"
    service = start_service({"issuer": issuer, "access_token_ttl": "600"})
    headers = (("Host", "elsewhere.example"), ("X-Forwarded-Host", "elsewhere.example"))
    answer = send(service.port, Request("GET", "/openapi.json", headers))
    spec = Spec(answer.json())
    assert spec.document["servers"] == [{"url": issuer}]
    flow = spec.document["components"]["securitySchemes"]["oauth2"]["flows"]["password"]
    assert flow["tokenUrl"] == issuer + TOKEN
    assert spec.document["components"]["examples"]["TokenResponse"]["value"]["expires_in"] == 600
    assert b"elsewhere" not in answer.body
    assert service.url.encode() not in answer.body


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi.json/"])
def test_document_may_be_kept_and_read_across_origins(path: str, http: httpx.Client) -> None:
    answer = http.get(path, headers={"Origin": "https://app.example"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.content == http.get("/openapi.json").content
