"""Assertions that must be accepted: everything that the standards allow and clients really send.

RFC 7523 sections 2.2 and 3, RFC 10070, OpenID Connect Core section 9. The counterpart of the
refusals: a server that refused everything would fail here.
"""

from collections.abc import Callable

import pytest

from tests import jws
from tests.conftest import StartService
from tests.people import TOKEN, add_credential, add_person
from tests.protocol.assertions import (
    ABSENT,
    Make,
    ahead,
    cases,
    claims,
    right,
    signed,
    with_claims,
    with_header,
    with_key,
)
from tests.protocol.checks import BASIC_CHALLENGE, assertion_refusal, refusal, token_response
from tests.protocol.table import (
    BEARER_TYPE,
    CLIENT_CREDENTIALS,
    Row,
    World,
    by_jwt,
    form,
    raw_form,
    table,
)
from tests.raw import Answer, Request, send

METHOD = "OpenID Connect Core section 9"
WHO = "RFC 7523 section 3"
FORM = "RFC 7523 section 2.2"
AUDIENCE = "RFC 10070"
TYP = "RFC 10070"

GOOD: dict[str, tuple[str, Make]] = {
    "hs256": (METHOD, right),
    "hs384": (METHOD, lambda w: signed(w, jws.dump(claims(w)), b'{"alg":"HS384"}', alg="HS384")),
    "hs512": (METHOD, lambda w: signed(w, jws.dump(claims(w)), b'{"alg":"HS512"}', alg="HS512")),
    "secret-octets-as-key": (METHOD, with_key(lambda w: w.app.client_secret.encode())),
    "aud-array-of-one": (AUDIENCE, with_claims(aud=lambda w: [w.issuer])),
    "aud-token-endpoint": (AUDIENCE, with_claims(aud=lambda w: w.token_endpoint)),
    "aud-array-of-token-endpoint": (AUDIENCE, with_claims(aud=lambda w: [w.token_endpoint])),
    "typ-jwt": (TYP, with_header(typ="JWT")),
    "typ-jwt-lower-case": (TYP, with_header(typ="jwt")),
    "typ-client-authentication": (TYP, with_header(typ="client-authentication+jwt")),
    "typ-client-authentication-capitals": (TYP, with_header(typ="Client-Authentication+JWT")),
    "typ-with-application": (TYP, with_header(typ="application/client-authentication+jwt")),
    "kid": ("RFC 7515 section 4.1.4", with_header(kid="any name")),
    "kid-256-octets": ("RFC 7515 section 4.1.4", with_header(kid="a" * 256)),
    "cty": ("RFC 7515 section 4.1.10", with_header(cty="json")),
    "exp-fraction": ("RFC 7519 section 2", with_claims(exp=lambda w: claims(w)["exp"] + 0.5)),
    "exp-just-past": ("RFC 7519 section 4.1.4", with_claims(exp=ahead(-5))),
    "exp-an-hour": ("RFC 7519 section 4.1.4", with_claims(exp=ahead(3600))),
    "iat-absent": ("RFC 7519 section 4.1.6", with_claims(iat=ABSENT)),
    "iat-just-ahead": ("RFC 7519 section 4.1.6", with_claims(iat=ahead(10))),
    "nbf-now": ("RFC 7519 section 4.1.5", with_claims(nbf=ahead(0))),
    "nbf-long-ago": ("RFC 7519 section 4.1.5", with_claims(nbf=1)),
    "nbf-with-exponent": ("RFC 7519 section 2", with_claims(nbf=jws.Literal("1.0e3"))),
    "nbf-just-ahead": ("RFC 7519 section 4.1.5", with_claims(nbf=ahead(10))),
    "jti-one-octet-each-time-new": ("RFC 7519 section 4.1.7", with_claims(jti="1")),
    "jti-256-octets": ("RFC 7519 section 4.1.7", with_claims(jti="b" * 256)),
    "jti-256-octets-of-128-letters": ("RFC 7519 section 4.1.7", with_claims(jti="é" * 128)),
    "jti-surrogate-pair": (
        "RFC 7519 section 4.1.7",
        with_claims(jti=jws.Literal('"\\ud83d\\ude00"')),
    ),
    "jti-raw-utf-8": ("RFC 7519 section 4.1.7", with_claims(jti=jws.Literal('"ü"'))),
    "unknown-claims": ("RFC 7519 section 4", with_claims(x={"y": [1, None, True, "z"]}, scope="")),
    "escape-of-nul-escaped-itself": (
        "RFC 7519 section 4",
        with_claims(x=["\\u0000", 5, None, {"\\u0000": True}]),
    ),
    "white-space-in-json": (
        "RFC 7519 section 7.2",
        lambda w: signed(w, b" \r\n\t" + jws.dump(claims(w)) + b"\n"),
    ),
}


def typed(assertion_type: str) -> Callable[[World], Request]:
    """A right assertion under this type."""
    return lambda w: form(
        *CLIENT_CREDENTIALS,
        ("client_assertion", right(w)),
        ("client_assertion_type", assertion_type),
    )


@cases(GOOD)
def test_right_assertion_gets_a_token(make: Make, world: World) -> None:
    answer = send(world.service.port, by_jwt(make(world)))
    got = token_response(
        answer, world.service, user_id=world.someone.id, client_id=world.app.client_id
    )
    assert got["sub"] == world.app.client_id


@table(
    Row(FORM, "client-id-beside", lambda w: by_jwt(right(w), ("client_id", w.app.client_id)), 200),
    Row(
        FORM,
        "empty-parameters-beside",
        lambda w: by_jwt(right(w), ("client_id", ""), ("client_secret", "")),
        200,
    ),
    Row(
        FORM,
        "client-id-of-another",
        lambda w: by_jwt(right(w), ("client_id", w.other.client_id)),
        400,
        "invalid_request",
    ),
    Row(
        FORM,
        "client-id-unknown",
        lambda w: by_jwt(right(w), ("client_id", "someone")),
        400,
        "invalid_request",
    ),
    Row(
        FORM,
        "type-absent",
        lambda w: form(*CLIENT_CREDENTIALS, ("client_assertion", right(w))),
        400,
        "invalid_request",
    ),
    Row(
        FORM,
        "type-empty",
        typed(""),
        400,
        "invalid_request",
    ),
    *(
        Row(FORM, f"type-{name}", typed(value), 400, "invalid_request")
        for name, value in {
            "saml": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
            "grant": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "upper-case": BEARER_TYPE.upper(),
            "space-after": BEARER_TYPE + " ",
            "nul-after": BEARER_TYPE + "\0",
            "word": "some-assertion",
        }.items()
    ),
    Row(
        FORM,
        "type-percent-encoded-whole",
        lambda w: raw_form(
            b"grant_type=client_credentials&client_assertion_type="
            + b"".join(b"%%%02x" % octet for octet in BEARER_TYPE.encode())
            + b"&client_assertion="
            + right(w)
        ),
        200,
    ),
)
def test_assertion_parameters(row: Row, world: World) -> None:
    request = row.request(world)
    answer = send(world.service.port, request)
    if row.status == 200:
        token_response(
            answer, world.service, user_id=world.someone.id, client_id=world.app.client_id
        )
    else:
        refusal(answer, row, request)


@pytest.mark.clause("RFC 7519 section 4.1.7")
def test_refused_assertion_does_not_use_up_its_jti(world: World) -> None:
    bad = with_claims(jti="kept", aud="https://as.example")(world)
    assert send(world.service.port, by_jwt(bad)).status == 401
    other_key = jws.compact(b'{"alg":"HS256"}', jws.dump(claims(world, jti="kept")), b"x" * 64)
    assert send(world.service.port, by_jwt(other_key)).status == 401
    good = with_claims(jti="kept")(world)
    assert send(world.service.port, by_jwt(good)).status == 200


@pytest.mark.clause("RFC 7519 section 4.1.7")
def test_jti_of_one_client_is_free_for_another(world: World) -> None:
    mine = with_claims(jti="shared")(world)
    other = jws.dump(claims(world, world.other, jti="shared"))
    theirs = jws.compact(b'{"alg":"HS256"}', other, world.other.client_secret.encode())
    assert send(world.service.port, by_jwt(mine)).status == 200
    assert send(world.service.port, by_jwt(theirs)).status == 200


@pytest.mark.clause(AUDIENCE)
def test_token_endpoint_as_audience_can_be_switched_off(start_service: StartService) -> None:
    service = start_service({"accept_token_endpoint_audience": "off"})
    app = add_credential(service, add_person(service))
    world = World(service, app.owner, app, app, app)
    refused = send(service.port, by_jwt(b"a.b.c"))
    request = by_jwt(with_claims(aud=service.url + TOKEN)(world))
    assertion_refusal(send(service.port, request), request, refused)
    assert send(service.port, by_jwt(right(world))).status == 200


@pytest.mark.clause("RFC 7523 section 3.1")
def test_refused_assertion_says_nothing_of_the_reason(refused: Answer) -> None:
    assert refused.json()["error"] == "invalid_client"
    assert refused.header("WWW-Authenticate") == BASIC_CHALLENGE
    for word in ("signature", "expired", "audience", "jti", "replay", "unknown"):
        assert word not in refused.json()["error_description"].lower()
