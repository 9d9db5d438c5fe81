"""Showing an access token: where it may stand, and what a bad one gets.

RFC 6750 sections 2.1, 3 and 3.1, RFC 9068 section 4, RFC 8725. The trap: "no token" and "bad
token" are two answers, and a token in the query or the body is no token at all.
"""

from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests import jws
from tests.conftest import StartService
from tests.people import CLIENTS, ME, add_credential, add_person, client_token
from tests.protocol.assertions import now, right
from tests.protocol.table import CLIENT_CREDENTIALS, FORM, World, basic, form, secret_post
from tests.protocol.test_assertion_header import pem
from tests.raw import Answer, Request, send

HEADER = "RFC 6750 section 2.1"
CHALLENGE = "RFC 6750 section 3"
ERRORS = "RFC 6750 section 3.1"
VALIDATION = "RFC 9068 section 4"

INTROSPECT = "/api/v1/auth/jwt/introspect"
REALM = 'Bearer realm="tokenhouse"'

Forge = Callable[[World], str | bytes]


def claims_of(w: World) -> dict[str, object]:
    """The claims of a good token, to be signed by somebody else."""
    claims: dict[str, object] = jwt.decode(w.someone.token, options={"verify_signature": False})
    return claims


def header_of(w: World) -> dict[str, object]:
    """The header of a good token."""
    return dict(jwt.get_unverified_header(w.someone.token))


def tampered(part: int, change: Callable[[bytes], bytes]) -> Forge:
    """A good token with one of its three parts changed."""

    def forge(w: World) -> bytes:
        parts = w.someone.token.encode().split(b".")
        parts[part] = change(parts[part])
        return b".".join(parts)

    return forge


def resigned(w: World, key: bytes, **header: object) -> bytes:
    """The claims of a good token under an HMAC."""
    return jws.compact(jws.dump(header_of(w) | header), jws.dump(claims_of(w)), key)


def unsigned(w: World) -> bytes:
    """The claims of a good token under `alg: none`."""
    return b".".join(
        (jws.b64(jws.dump(header_of(w) | {"alg": "none"})), jws.b64(jws.dump(claims_of(w))), b"")
    )


def own_key(w: World) -> str:
    """Signed by a key of the sender's own, under the server's key id."""
    kid = str(header_of(w)["kid"])
    return jwt.encode(
        claims_of(w),
        ec.generate_private_key(ec.SECP256R1()),
        "ES256",
        {"typ": "at+jwt", "kid": kid},
    )


def own_rsa_key(w: World) -> str:
    """The same with another algorithm."""
    kid = str(header_of(w)["kid"])
    return jwt.encode(
        claims_of(w), rsa.generate_private_key(65537, 2048), "RS256", {"typ": "at+jwt", "kid": kid}
    )


BAD: dict[str, tuple[str, Forge]] = {
    "word": (ERRORS, lambda _: "abc"),
    "dots": (ERRORS, lambda _: ".."),
    "two-words": (HEADER, lambda w: w.someone.token + " " + w.someone.token),
    "space-inside": (HEADER, lambda w: w.someone.token[:20] + " " + w.someone.token[20:]),
    "quoted": (HEADER, lambda w: f'"{w.someone.token}"'),
    "comma-after": (HEADER, lambda w: w.someone.token + ","),
    "octets-not-ascii": (HEADER, lambda _: b"\xff\xfe"),
    "ten-kilobytes": (ERRORS, lambda _: "a" * 10_000),
    "signature-changed": (
        VALIDATION,
        tampered(2, lambda s: (b"A" if s[:1] != b"A" else b"B") + s[1:]),
    ),
    "signature-empty": (VALIDATION, tampered(2, lambda _: b"")),
    "signature-zeros": (VALIDATION, tampered(2, lambda s: b"A" * len(s))),
    "signature-shortened": (VALIDATION, tampered(2, lambda s: s[:-2])),
    "signature-padded": (VALIDATION, tampered(2, lambda s: s + b"==")),
    "claims-later-exp": (
        VALIDATION,
        tampered(1, lambda s: jws.b64(jws.unb64(s).replace(b'"exp":', b'"exp":1'))),
    ),
    "claims-empty": (VALIDATION, tampered(1, lambda _: jws.b64(b"{}"))),
    "header-kid-unknown": (
        VALIDATION,
        tampered(0, lambda _: jws.b64(b'{"alg":"ES256","typ":"at+jwt","kid":"x"}')),
    ),
    "header-nested-deep": (
        VALIDATION,
        tampered(0, lambda _: jws.b64(b'{"alg":' + b"[" * 2500 + b"]" * 2500 + b"}")),
    ),
    "claims-nested-deep": (VALIDATION, tampered(1, lambda _: jws.b64(b"[" * 2500 + b"]" * 2500))),
    "alg-none": ("RFC 8725 section 3.1", unsigned),
    "alg-hs256-public-key": ("RFC 8725 section 3.1", lambda w: resigned(w, pem(w), alg="HS256")),
    "alg-hs256-own-secret": (
        "RFC 8725 section 3.1",
        lambda w: resigned(w, w.app.client_secret.encode(), alg="HS256"),
    ),
    "own-key": ("RFC 8725 section 3.1", own_key),
    "own-rsa-key": ("RFC 8725 section 3.1", own_rsa_key),
    "assertion-as-token": ("RFC 8725 section 3.11", right),
    "client-secret-as-token": (ERRORS, lambda w: w.app.client_secret),
    "password-as-token": (ERRORS, lambda w: w.someone.password),
}


@pytest.mark.parametrize("path", [CLIENTS, ME])
@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(forge, id=name, marks=pytest.mark.clause(at))
        for name, (at, forge) in BAD.items()
    ],
)
def test_bad_token_is_invalid_token(forge: Forge, path: str, world: World) -> None:
    token = forge(world)
    shown = token.encode() if isinstance(token, str) else token
    answer = send(
        world.service.port, Request("GET", path, (("Authorization", b"Bearer " + shown),))
    )
    challenge = unauthorized(answer)
    why = answer.json()["detail"]
    assert challenge == f'{REALM}, error="invalid_token", error_description="{why}"'
    assert shown not in answer.body + str(answer.headers).encode("latin-1")


def without_token(w: World) -> dict[str, Request]:
    """Requests that show no bearer token, whatever else they show."""
    token = w.someone.token
    sent = (("Content-Type", FORM),)
    return {
        "nothing": Request("GET", CLIENTS),
        "basic": Request(
            "GET", CLIENTS, (("Authorization", basic(w.app.client_id, w.app.client_secret)),)
        ),
        "unknown-scheme": Request("GET", CLIENTS, (("Authorization", f"Token {token}"),)),
        "token-without-scheme": Request("GET", CLIENTS, (("Authorization", token),)),
        "query": Request("GET", f"{CLIENTS}?access_token={token}"),
        "body": Request("POST", CLIENTS, sent, f"access_token={token}".encode()),
        "other-header": Request("GET", CLIENTS, (("X-Access-Token", token),)),
        "cookie": Request("GET", CLIENTS, (("Cookie", f"access_token={token}"),)),
        "users-me": Request("GET", ME),
        "one-credential": Request("GET", f"{CLIENTS}/{w.app.client_id}"),
        "delete": Request("DELETE", f"{CLIENTS}/{w.app.client_id}"),
        "change": Request("PATCH", f"{CLIENTS}/{w.app.client_id}", (), b"{}"),
        "create": Request("POST", CLIENTS, (("Content-Type", "application/json"),), b"{}"),
        "create-ill-formed": Request(
            "POST", CLIENTS, (("Content-Type", "application/json"),), b"{"
        ),
    }


@pytest.mark.clause(ERRORS)
@pytest.mark.parametrize(
    "name",
    [
        "nothing",
        "basic",
        "unknown-scheme",
        "token-without-scheme",
        "query",
        "body",
        "other-header",
        "cookie",
        "users-me",
        "one-credential",
        "delete",
        "change",
        "create",
        "create-ill-formed",
    ],
)
def test_no_token_is_asked_for_one_without_an_error(name: str, world: World) -> None:
    assert unauthorized(send(world.service.port, without_token(world)[name])) == REALM


@pytest.mark.clause(HEADER)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_scheme_is_compared_without_case(scheme: str, world: World) -> None:
    shown = (("Authorization", f"{scheme} {world.someone.token}"),)
    assert send(world.service.port, Request("GET", CLIENTS, shown)).status == 200


@pytest.mark.clause(HEADER)
def test_two_authorization_headers_are_refused(world: World) -> None:
    one = ("Authorization", f"Bearer {world.someone.token}")
    for second in (one, ("Authorization", "Bearer abc")):
        answer = send(world.service.port, Request("GET", CLIENTS, (one, second)))
        assert answer.status == 400
        assert 'error="invalid_request"' in str(answer.header("WWW-Authenticate"))


@pytest.mark.clause(VALIDATION)
def test_token_of_another_issuer_is_refused(world: World, start_service: StartService) -> None:
    elsewhere = add_person(start_service())
    answer = send(
        world.service.port, Request("GET", ME, (("Authorization", f"Bearer {elsewhere.token}"),))
    )
    assert 'error="invalid_token"' in unauthorized(answer)


@pytest.mark.clause(VALIDATION)
def test_tokens_end_with_the_issuer_that_made_them(start_service: StartService) -> None:
    service = start_service({"issuer": "http://127.0.0.1:1/first"})
    someone = add_person(service)
    app = add_credential(service, someone)
    token = client_token(service, app)
    service.stop()
    service.settings = {**service.settings, "issuer": "http://127.0.0.1:1/second"}
    service.start()
    asked = form(*secret_post(app), ("token", token))
    asked = Request("POST", INTROSPECT, asked.headers, asked.body)
    assert send(service.port, asked).json() == {"active": False}
    answer = send(service.port, Request("GET", ME, (("Authorization", f"Bearer {someone.token}"),)))
    assert 'error="invalid_token"' in unauthorized(answer)


@pytest.mark.clause(VALIDATION)
def test_token_for_what_only_begins_as_the_issuer_is_refused(start_service: StartService) -> None:
    issuer = "http://127.0.0.1:1/issuer"
    service = start_service({"issuer": issuer, "audience": f"{issuer}/maps"})
    app = add_credential(service, add_person(service))
    for resource, status in ((issuer, 200), (f"{issuer}/maps", 401)):
        body = send(
            service.port, form(*CLIENT_CREDENTIALS, *secret_post(app), ("resource", resource))
        ).json()
        shown = (("Authorization", f"Bearer {body['access_token']}"),)
        assert send(service.port, Request("GET", ME, shown)).status == status


@pytest.mark.clause(CHALLENGE)
def test_good_token_is_good_until_it_ends(world: World) -> None:
    assert jwt.decode(world.someone.token, options={"verify_signature": False})["exp"] > now()
    answer = send(
        world.service.port,
        Request("GET", ME, (("Authorization", f"Bearer {world.someone.token}"),)),
    )
    assert answer.status == 200
    assert answer.json()["id"] == world.someone.id


def unauthorized(answer: Answer) -> str:
    """Hold a 401 of the bearer routes against the contract; its challenge."""
    assert answer.status == 401, answer
    assert answer.json()["detail"]
    challenge = answer.header("WWW-Authenticate")
    assert challenge is not None
    return challenge
