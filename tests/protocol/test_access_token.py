"""The access token and the answer that carries it: RFC 6749 section 5.1, RFC 9068 section 2."""

import base64
import json

import httpx
import jwt
import pytest

from tests.people import BASIC, CLIENTS, TOKEN, client_token
from tests.protocol.assertions import right
from tests.protocol.checks import read_token, token_response
from tests.protocol.table import CLIENT_CREDENTIALS, World, basic, by_basic, by_jwt, by_post, form
from tests.raw import Request, send
from tests.service import Service

ANSWER = "RFC 6749 section 5.1"
CLAIMS = "RFC 9068 section 2.2"


def methods(w: World) -> dict[str, Request]:
    """The same grant by each client authentication method."""
    return {"basic": by_basic(w, *CLIENT_CREDENTIALS), "post": by_post(w), "jwt": by_jwt(right(w))}


@pytest.mark.clause(ANSWER)
@pytest.mark.parametrize("method", ["basic", "post", "jwt"])
def test_answer_has_the_members_of_the_contract(method: str, world: World) -> None:
    answer = send(world.service.port, methods(world)[method])
    token_response(answer, world.service, user_id=world.someone.id, client_id=world.app.client_id)


@pytest.mark.clause("RFC 6749 section 4.4.3")
def test_no_refresh_token_and_no_scope_come_with_it(world: World) -> None:
    body = send(world.service.port, by_post(world)).json()
    assert "refresh_token" not in body
    assert "scope" not in body


@pytest.mark.clause(CLAIMS)
def test_subject_is_the_client_for_client_credentials(world: World) -> None:
    claims = read_token(world.service, client_token(world.service, world.app))
    assert claims["sub"] == claims["client_id"] == world.app.client_id
    assert claims["user_id"] == world.someone.id


@pytest.mark.clause(CLAIMS)
def test_subject_is_the_user_for_a_sign_in(world: World) -> None:
    claims = read_token(world.service, world.someone.token)
    assert claims["sub"] == claims["user_id"] == world.someone.id
    assert claims["client_id"] == "first-party"


@pytest.mark.clause(CLAIMS)
def test_every_token_has_an_id_of_its_own(world: World) -> None:
    tokens = [client_token(world.service, world.app) for _ in range(20)]
    assert len({read_token(world.service, token)["jti"] for token in tokens}) == len(tokens)


@pytest.mark.clause("RFC 9068 section 2.1")
def test_header_names_type_algorithm_and_a_published_key(world: World, http: httpx.Client) -> None:
    header = jwt.get_unverified_header(client_token(world.service, world.app))
    assert header["typ"] == "at+jwt"
    published = {key["kid"]: key for key in http.get("/.well-known/jwks.json").json()["keys"]}
    assert published[header["kid"]]["alg"] == header["alg"] == "ES256"


@pytest.mark.clause("RFC 8725 section 3.12")
def test_token_is_no_client_assertion_and_names_no_person(world: World) -> None:
    claims = jwt.decode(world.someone.token, options={"verify_signature": False})
    assert world.someone.email not in json.dumps(claims)


@pytest.mark.clause("RFC 7515 section 3.1")
def test_token_is_a_compact_jws_without_padding(world: World) -> None:
    parts = client_token(world.service, world.app).split(".")
    assert len(parts) == 3
    assert "=" not in "".join(parts)
    assert len(base64.urlsafe_b64decode(parts[2] + "==")) == 64  # R, S of P-256


@pytest.mark.clause(CLAIMS)
@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_issuer_never_comes_from_the_request(header: str, world: World) -> None:
    right_form = by_post(world)
    value = "host=as.example" if header == "Forwarded" else "as.example"
    answer = send(
        world.service.port,
        Request("POST", TOKEN, (*right_form.headers, (header, value)), right_form.body),
    )
    token_response(answer, world.service, user_id=world.someone.id, client_id=world.app.client_id)


@pytest.mark.clause(ANSWER)
def test_bearer_in_a_basic_answer_works_at_once(service: Service, world: World) -> None:
    authorization = (("Authorization", basic(world.someone.email, world.someone.password)),)
    token = send(service.port, Request("GET", BASIC, authorization)).json()["access_token"]
    shown = Request("GET", CLIENTS, (("Authorization", f"Bearer {token}"),))
    assert send(service.port, shown).status == 200


@pytest.mark.clause("RFC 6749 section 4.3.3")
def test_password_grant_answers_as_the_basic_route_does(world: World) -> None:
    pairs = (
        ("grant_type", "password"),
        ("username", world.someone.email),
        ("password", world.someone.password),
    )
    answer = send(world.service.port, form(*pairs))
    token_response(answer, world.service, user_id=world.someone.id, client_id=None)
