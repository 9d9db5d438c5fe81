"""The password grant: e-mail and password for a token, with or without a client beside it.

RFC 6749 section 4.3. The trap: an unknown user must look like a wrong password, to the octet.
"""

from uuid import uuid4

import pytest

from tests.conftest import MakePerson, StartService
from tests.people import Person, add_person
from tests.protocol.checks import refusal, token_response
from tests.protocol.table import Row, World, basic, by_basic, form, secret_post, table
from tests.raw import Answer, Request, send
from tests.service import Service

REQUEST = "RFC 6749 section 4.3.2"
ERRORS = "RFC 6749 section 5.2"


def sign_in(username: str, password: str, *pairs: tuple[str, str]) -> Request:
    """The password grant without client authentication."""
    return form(("grant_type", "password"), ("username", username), ("password", password), *pairs)


def mine(w: World, *pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The right parameters of the grant."""
    return (
        ("grant_type", "password"),
        ("username", w.someone.email),
        ("password", w.someone.password),
        *pairs,
    )


@table(
    Row(
        ERRORS,
        "password-wrong",
        lambda w: sign_in(w.someone.email, "not the password"),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "password-space-after",
        lambda w: sign_in(w.someone.email, w.someone.password + " "),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "password-case",
        lambda w: sign_in(w.someone.email, w.someone.password.swapcase()),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "password-nul-after",
        lambda w: sign_in(w.someone.email, w.someone.password + "\0"),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "password-1025-octets",
        lambda w: sign_in(w.someone.email, "a" * 1025),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "password-60000-octets",
        lambda w: sign_in(w.someone.email, "a" * 60_000),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-unknown",
        lambda w: sign_in(f"{uuid4()}@people.example", w.someone.password),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-nul-after",
        lambda w: sign_in(w.someone.email + "\0", w.someone.password),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-no-address",
        lambda w: sign_in("someone", w.someone.password),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-321-octets",
        lambda w: sign_in("a" * 306 + "@people.example", w.someone.password),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "user-id-as-name",
        lambda w: sign_in(w.someone.id, w.someone.password),
        400,
        "invalid_grant",
    ),
    Row(
        ERRORS,
        "credential-as-user",
        lambda w: sign_in(w.app.client_id, w.app.client_secret),
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


@table(
    Row(
        ERRORS,
        "username-absent",
        lambda _: form(("grant_type", "password"), ("password", "x")),
        400,
        "invalid_request",
    ),
    Row(
        ERRORS,
        "password-absent",
        lambda _: form(("grant_type", "password"), ("username", "x")),
        400,
        "invalid_request",
    ),
    Row(ERRORS, "both-absent", lambda _: form(("grant_type", "password")), 400, "invalid_request"),
    Row(
        ERRORS, "username-empty", lambda w: sign_in("", w.someone.password), 400, "invalid_request"
    ),
    Row(ERRORS, "password-empty", lambda w: sign_in(w.someone.email, ""), 400, "invalid_request"),
    Row(
        REQUEST,
        "wrong-client-beside",
        lambda w: form(*mine(w), authorization=basic("a", "b")),
        401,
        "invalid_client",
    ),
    Row(
        REQUEST,
        "wrong-secret-beside",
        lambda w: form(*mine(w), ("client_id", w.app.client_id), ("client_secret", "secret")),
        401,
        "invalid_client",
    ),
    Row(
        REQUEST,
        "deleted-client-beside",
        lambda w: form(*mine(w), *secret_post(w.deleted)),
        401,
        "invalid_client",
    ),
    Row(
        "RFC 9110 section 11.6.1",
        "unknown-scheme-beside",
        lambda w: form(*mine(w), authorization="Digest username=client"),
        401,
        "invalid_client",
    ),
    Row(
        "RFC 6749 section 2.3",
        "two-methods-beside",
        lambda w: by_basic(w, *mine(w), ("client_secret", w.app.client_secret)),
        400,
        "invalid_request",
    ),
)
def test_wrong_request_is_refused(row: Row, world: World) -> None:
    request = row.request(world)
    refusal(send(world.service.port, request), row, request)


@table(
    Row(REQUEST, "without-client", lambda w: form(*mine(w)), 200),
    Row(
        REQUEST,
        "e-mail-upper-case",
        lambda w: sign_in(w.someone.email.upper(), w.someone.password),
        200,
    ),
    Row(
        REQUEST,
        "e-mail-full-width",
        lambda w: sign_in(full_width(w.someone.email), w.someone.password),
        200,
    ),
    Row(
        REQUEST,
        "empty-client-beside",
        lambda w: form(*mine(w), ("client_id", ""), ("client_secret", "")),
        200,
    ),
    Row(
        "RFC 6749 section 3.3", "scope-is-ignored", lambda w: form(*mine(w), ("scope", "read")), 200
    ),
)
def test_right_password_gets_a_token_of_the_user(row: Row, world: World) -> None:
    answer = send(world.service.port, row.request(world))
    got = token_response(answer, world.service, user_id=world.someone.id, client_id=None)
    assert got["sub"] == world.someone.id


@table(
    Row(REQUEST, "client-by-basic-beside", lambda w: by_basic(w, *mine(w)), 200),
    Row(REQUEST, "client-by-post-beside", lambda w: form(*mine(w), *secret_post(w.app)), 200),
    Row(
        REQUEST,
        "client-of-another-user-beside",
        lambda w: form(*mine(w), *secret_post(w.other)),
        200,
    ),
)
def test_client_beside_is_named_in_the_token(row: Row, world: World) -> None:
    answer = send(world.service.port, row.request(world))
    client = world.other if "another" in row.name else world.app
    got = token_response(
        answer, world.service, user_id=world.someone.id, client_id=client.client_id
    )
    assert got["sub"] == world.someone.id


@pytest.mark.clause(REQUEST)
@pytest.mark.parametrize(
    "password",
    [
        "a b+c%20d&e=f;g",
        "colon:in:the:middle",
        " spaces at both ends ",
        "pässwörd of ünusual letters",
        "пароль из других букв",
        "\U0001f511 key key key",
        "'; drop table users; --",
        "a" * 1024,
    ],
    ids=["separators", "colons", "spaces", "latin", "cyrillic", "emoji", "quotes", "1024-octets"],
)
def test_password_of_any_letters_signs_in(
    password: str, service: Service, person: MakePerson
) -> None:
    someone: Person = person(password=password)
    answer = send(service.port, sign_in(someone.email, password))
    token_response(answer, service, user_id=someone.id, client_id=None)


@pytest.mark.clause("RFC 9700 section 2.4")
def test_password_grant_can_be_switched_off(start_service: StartService) -> None:
    service = start_service({"password_grant": "off"})
    someone = add_person(service)
    row = Row(
        "", "", lambda _: sign_in(someone.email, someone.password), 400, "unsupported_grant_type"
    )
    request = sign_in(someone.email, someone.password)
    refusal(send(service.port, request), row, request)
    grants = send(service.port, Request("GET", "/.well-known/oauth-authorization-server")).json()
    assert grants["grant_types_supported"] == ["client_credentials"]


@pytest.fixture(scope="module")
def wrong_password(world: World) -> Answer:
    """What a wrong password of a known user gets; an unknown user must get the same."""
    return send(world.service.port, sign_in(world.someone.email, "wrong password"))


def full_width(text: str) -> str:
    """The same letters in their full-width form, which NFKC folds back."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)
