"""The Basic route of the reference: e-mail and password in the header, a token in the answer.

RFC 7617. The trap: here nothing is percent-decoded, since a person typed it, and the split is at
the first colon.
"""

import base64
import json
from uuid import uuid4

import pytest

from tests.conftest import MakePerson
from tests.people import BASIC
from tests.protocol.checks import BASIC_CHALLENGE, protocol_error, refusal, token_response
from tests.protocol.table import Row, World, basic, table
from tests.raw import Answer, Request, send
from tests.service import Service

HEADER = "RFC 7617 section 2"
CHARSET = "RFC 7617 section 2.1"
ERRORS = "RFC 6749 section 5.2"
CHALLENGE = "RFC 9110 section 11.6.1"


def header(*authorization: str | bytes) -> Request:
    """A request with this Authorization header, or these."""
    return Request("GET", BASIC, tuple(("Authorization", value) for value in authorization))


def encode(octets: bytes) -> str:
    """An Authorization header with these octets inside."""
    return "Basic " + base64.b64encode(octets).decode()


def unreadable(clause: str, name: str, *authorization: str | bytes) -> Row:
    """No person can be found in this; a browser is asked to send one."""
    return Row(clause, name, lambda _: header(*authorization), 401, "invalid_request")


@table(
    unreadable(HEADER, "no-header"),
    unreadable(HEADER, "scheme-only", "Basic"),
    unreadable(HEADER, "nothing-after-scheme", "Basic "),
    unreadable(HEADER, "not-base64", "Basic !!!!"),
    unreadable(
        HEADER,
        "base64url-alphabet",
        "Basic " + base64.urlsafe_b64encode(b"a:\xc3\xbf\xc3\xbe??>>").decode(),
    ),
    unreadable(HEADER, "base64-cut-off", encode(b"someone:password12")[:-3]),
    unreadable(HEADER, "base64-space-inside", "Basic c29tZW9u ZTpwYXNzd29yZA=="),
    unreadable(HEADER, "no-colon", encode(b"someone")),
    unreadable(CHARSET, "bad-utf-8", encode(b"someone:\xff\xfe")),
    unreadable(CHARSET, "latin-1", encode("jemand:gruß".encode("latin-1"))),
    unreadable(CHARSET, "surrogate-octets", encode(b"someone:\xed\xa0\x80")),
    unreadable(HEADER, "octets-not-ascii", b"Basic \xff\xfe"),
    unreadable(CHALLENGE, "bearer", "Bearer abc"),
    unreadable(CHALLENGE, "unknown-scheme", "Digest username=someone"),
    unreadable(CHALLENGE, "word", "abc"),
    unreadable(CHALLENGE, "header-twice", encode(b"a:b"), encode(b"a:b")),
)
def test_unreadable_header_asks_for_basic(row: Row, world: World) -> None:
    request = row.request(world)
    answer = send(world.service.port, request)
    refusal(answer, row, request)
    assert answer.header("WWW-Authenticate") == BASIC_CHALLENGE


def mine(w: World, password: str) -> Request:
    """The person of this world, with a password that may be wrong."""
    return header(basic(w.someone.email, password))


@table(
    Row(ERRORS, "password-wrong", lambda w: mine(w, "not the password"), 400, "invalid_grant"),
    Row(ERRORS, "password-empty", lambda w: mine(w, ""), 400, "invalid_grant"),
    Row(
        ERRORS,
        "password-colon-after",
        lambda w: mine(w, w.someone.password + ":"),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "password-nul-after",
        lambda w: mine(w, w.someone.password + "\0"),
        400,
        "invalid_grant",
    ),
    Row(ERRORS, "password-1025-octets", lambda w: mine(w, "a" * 1025), 400, "invalid_grant"),
    Row(ERRORS, "password-10000-octets", lambda w: mine(w, "a" * 10_000), 400, "invalid_grant"),
    Row(
        HEADER,
        "password-percent-encoded",
        lambda w: mine(w, percent(w.someone.password)),
        400,
        "invalid_grant",
    ),
    Row(
        HEADER,
        "e-mail-percent-encoded",
        lambda w: header(basic(w.someone.email.replace("@", "%40"), w.someone.password)),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-unknown",
        lambda w: header(basic(f"{uuid4()}@people.example", w.someone.password)),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS, "user-empty", lambda w: header(basic("", w.someone.password)), 400, "invalid_grant"
    ),
    Row(
        HEADER,
        "user-whose-base64-begins-with-x",
        lambda w: header(basic(f"_{uuid4()}@people.example", w.someone.password)),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-nul-after",
        lambda w: header(basic(w.someone.email + "\0", w.someone.password)),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-321-octets",
        lambda w: header(basic("a" * 306 + "@people.example", w.someone.password)),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "credential-as-user",
        lambda w: header(basic(w.app.client_id, w.app.client_secret)),
        400,
        "invalid_grant",
    ),
)
def test_wrong_password_or_user_is_refused_alike(
    row: Row, world: World, wrong_password: Answer
) -> None:
    request = row.request(world)
    answer = send(world.service.port, request)
    refusal(answer, row, request)
    assert answer.body == wrong_password.body
    assert answer.header("WWW-Authenticate") is None


@table(
    Row(HEADER, "right", lambda w: mine(w, w.someone.password), 200),
    Row(
        HEADER,
        "scheme-lower-case",
        lambda w: header("basic " + basic(w.someone.email, w.someone.password)[6:]),
        200,
    ),
    Row(
        HEADER,
        "scheme-upper-case",
        lambda w: header("BASIC " + basic(w.someone.email, w.someone.password)[6:]),
        200,
    ),
    Row(
        HEADER,
        "e-mail-upper-case",
        lambda w: header(basic(w.someone.email.upper(), w.someone.password)),
        200,
    ),
    Row(
        HEADER,
        "slash-after-the-path",
        lambda w: Request("GET", BASIC + "/", mine(w, w.someone.password).headers),
        200,
    ),
    Row(
        HEADER,
        "query-ignored",
        lambda w: Request("GET", BASIC + "?scope=x", mine(w, w.someone.password).headers),
        200,
    ),
)
def test_right_password_gets_a_token(row: Row, world: World) -> None:
    answer = send(world.service.port, row.request(world))
    got = token_response(answer, world.service, user_id=world.someone.id, client_id=None)
    assert got["sub"] == world.someone.id


@pytest.mark.clause(CHARSET)
@pytest.mark.parametrize(
    "password",
    [
        "first:second:third",
        ":at the very start",
        "100%25 percent+plus",
        "pässwörd of letters",
        "пароль из букв 12",
    ],
    ids=["colons", "colon-first", "percent", "latin", "cyrillic"],
)
def test_password_is_taken_as_typed(password: str, service: Service, person: MakePerson) -> None:
    someone = person(password=password)
    answer = send(service.port, header(basic(someone.email, password)))
    token_response(answer, service, user_id=someone.id, client_id=None)


@pytest.mark.clause("RFC 9110 section 15.5.6")
@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_mint_nothing(method: str, world: World) -> None:
    right = mine(world, world.someone.password)
    answer = send(world.service.port, Request(method, right.target, right.headers))
    assert answer.status == 405
    assert answer.header("Allow") == "GET"
    if method != "HEAD":
        assert answer.json()["detail"]


@pytest.mark.clause(ERRORS)
def test_password_grant_and_basic_route_refuse_alike(world: World, wrong_password: Answer) -> None:
    protocol_error(wrong_password, json.loads(wrong_password.body))
    assert wrong_password.json()["error"] == "invalid_grant"
    assert world.someone.email.encode() not in wrong_password.body


@pytest.fixture(scope="module")
def wrong_password(world: World) -> Answer:
    """What a wrong password of a known user gets; an unknown user must get the same."""
    return send(world.service.port, mine(world, "wrong password"))


def percent(text: str) -> str:
    """Percent-encoded throughout."""
    return "".join(f"%{octet:02x}" for octet in text.encode())
