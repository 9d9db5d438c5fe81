"""What the server publishes about itself: metadata and keys (RFC 8414, RFC 7517).

The trap: a document that claims what the server does not do is worse than none, and an issuer
taken from the request lets a stranger write it.
"""

from typing import Any

import httpx
import jwt
import pytest

from tests.conftest import StartService
from tests.people import TOKEN
from tests.protocol.table import World
from tests.raw import Request, send
from tests.service import Service

METADATA = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks.json"

MEMBERS = "RFC 8414 section 2"
ANSWER = "RFC 8414 section 3.2"
JWKS = "RFC 7517 section 5"
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.fixture(scope="module")
def metadata(http: httpx.Client) -> dict[str, Any]:
    """The metadata document."""
    answer = http.get(METADATA)
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


@pytest.fixture(scope="module")
def keys(http: httpx.Client) -> list[dict[str, Any]]:
    """The published keys."""
    answer = http.get(KEYS)
    assert answer.status_code == 200
    published: list[dict[str, Any]] = answer.json()["keys"]
    return published


@pytest.mark.clause("RFC 8414 section 3.3")
def test_issuer_is_where_the_document_was_found(metadata: dict[str, Any], service: Service) -> None:
    assert metadata["issuer"] == service.url


@pytest.mark.clause(MEMBERS)
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("grant_types_supported", {"client_credentials", "password"}),
        (
            "token_endpoint_auth_signing_alg_values_supported",
            {"HS256", "HS384", "HS512", "ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256"},
        ),
        ("response_types_supported", set[str]()),
    ],
)
def test_metadata_lists_what_is_there(
    member: str, value: set[str], metadata: dict[str, Any]
) -> None:
    assert set(metadata[member]) == value
    assert len(metadata[member]) == len(value)


@pytest.mark.clause(MEMBERS)
def test_metadata_lists_the_methods_of_client_authentication(metadata: dict[str, Any]) -> None:
    assert metadata["token_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
    ]


@pytest.mark.clause(MEMBERS)
def test_metadata_names_endpoints_that_answer(
    metadata: dict[str, Any], service: Service, http: httpx.Client
) -> None:
    assert metadata["token_endpoint"] == service.url + TOKEN
    assert metadata["jwks_uri"] == service.url + KEYS
    for name, url in metadata.items():
        if name.endswith("_endpoint"):
            assert url.startswith(service.url + "/")
            assert http.post(url).status_code in {401, 422}, name


@pytest.mark.clause(MEMBERS)
def test_metadata_has_no_empty_or_null_member(metadata: dict[str, Any]) -> None:
    without_value = {name for name, value in metadata.items() if value in (None, "", [], {})}
    assert without_value == {"response_types_supported"}


@pytest.mark.clause("RFC 8414 section 5")
def test_openid_configuration_is_the_same_document(
    metadata: dict[str, Any], http: httpx.Client
) -> None:
    assert http.get(OPENID).json() == metadata


@pytest.mark.clause("RFC 8414 section 3.3")
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_metadata_is_not_written_by_the_request(
    header: str, metadata: dict[str, Any], service: Service
) -> None:
    value = "host=as.example;proto=https" if header == "Forwarded" else "as.example"
    assert send(service.port, Request("GET", METADATA, ((header, value),))).json() == metadata


@pytest.mark.clause(ANSWER)
@pytest.mark.parametrize("path", [METADATA, OPENID, KEYS])
def test_document_is_json_that_may_be_kept_and_read_across_origins(
    path: str, http: httpx.Client
) -> None:
    answer = http.get(path, headers={"Origin": "https://app.example"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.clause("RFC 8414 section 3.1")
@pytest.mark.parametrize("path", [METADATA, OPENID, KEYS])
def test_document_is_only_read(path: str, http: httpx.Client) -> None:
    assert http.get(path + "/").json() == http.get(path).json()
    head = http.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        refused = http.request(method, path)
        assert refused.status_code == 405
        assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.clause(JWKS)
def test_keys_are_public_and_complete(keys: list[dict[str, Any]]) -> None:
    assert keys
    for key in keys:
        assert not PRIVATE_MEMBERS & set(key)
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        assert jwt.PyJWK(key).key_id == key["kid"]
    assert len({key["kid"] for key in keys}) == len(keys)


@pytest.mark.clause("RFC 7517 section 4.5")
def test_every_token_names_a_published_key(world: World, keys: list[dict[str, Any]]) -> None:
    assert jwt.get_unverified_header(world.someone.token)["kid"] in {key["kid"] for key in keys}


@pytest.mark.clause(JWKS)
def test_keys_stay_over_a_restart(start_service: StartService) -> None:
    service = start_service()
    before = send(service.port, Request("GET", KEYS)).json()
    service.stop()
    service.start()
    assert send(service.port, Request("GET", KEYS)).json() == before


@pytest.mark.clause(JWKS)
def test_keys_of_two_installations_differ(
    keys: list[dict[str, Any]], start_service: StartService
) -> None:
    elsewhere = send(start_service().port, Request("GET", KEYS)).json()["keys"]
    assert not {key["x"] for key in keys} & {key["x"] for key in elsewhere}


@pytest.mark.clause("RFC 8414 section 2")
def test_issuer_is_kept_as_it_was_set(start_service: StartService) -> None:
    service = start_service({"issuer": "http://127.0.0.1:1/tenant"})
    document = send(service.port, Request("GET", METADATA)).json()
    assert document["issuer"] == "http://127.0.0.1:1/tenant"
    assert document["token_endpoint"].startswith("http://127.0.0.1:1/")
