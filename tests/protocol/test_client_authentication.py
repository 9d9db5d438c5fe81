"""Client authentication by secret: who is refused, how, and that every refusal looks alike.

RFC 6749 sections 2.3, 2.3.1 and 5.2, RFC 7617. The trap: at this endpoint id and secret are
form-urlencoded inside the Basic header, unlike everywhere else.
"""

import base64
from collections.abc import Callable
from urllib.parse import quote_plus
from uuid import uuid4

import pytest

from tests.people import Credential
from tests.protocol.checks import refusal, token_response
from tests.protocol.table import (
    CLIENT_CREDENTIALS,
    Row,
    World,
    basic,
    by_basic,
    by_post,
    form,
    raw_form,
    table,
)
from tests.raw import Answer, Request, send

SECRET = "RFC 6749 section 2.3.1"  # noqa: S105 - a clause
METHODS = "RFC 6749 section 2.3"
ERRORS = "RFC 6749 section 5.2"
HEADER = "RFC 7617 section 2"
CLIENT_CREDENTIALS_GRANT = "RFC 6749 section 4.4"
CHALLENGE = "RFC 9110 section 11.6.1"


def every_octet(text: str) -> str:
    """Percent-encoded even where it need not be."""
    return "".join(f"%{octet:02x}" for octet in text.encode())


def altered(secret: str) -> str:
    """The same length and alphabet, one character in the middle changed."""
    at = len(secret) // 2
    return secret[:at] + ("A" if secret[at] != "A" else "B") + secret[at + 1 :]


def header(authorization: str | bytes) -> Request:
    """A client_credentials request with this Authorization header."""
    return raw_form(b"grant_type=client_credentials", ("Authorization", authorization))


def encode(octets: bytes) -> str:
    """An Authorization header with these octets inside."""
    return "Basic " + base64.b64encode(octets).decode()


def wrong(name: str, app: Callable[[World], tuple[str, str]]) -> list[Row]:
    """An id and secret that are refused, by Basic and in the body."""

    def by_header(w: World) -> Request:
        return form(*CLIENT_CREDENTIALS, authorization=basic(*map(quote_plus, app(w))))

    def in_body(w: World) -> Request:
        client_id, client_secret = app(w)
        return form(*CLIENT_CREDENTIALS, ("client_id", client_id), ("client_secret", client_secret))

    return [
        Row(SECRET, f"basic-{name}", by_header, 401, "invalid_client"),
        Row(SECRET, f"post-{name}", in_body, 401, "invalid_client"),
    ]


def unreadable(clause: str, name: str, value: str | bytes) -> Row:
    """An Authorization header in which no client can be found."""
    return Row(clause, f"header-{name}", lambda _: header(value), 401, "invalid_client")


def pair(app: Credential) -> tuple[str, str]:
    """Its id and secret."""
    return app.client_id, app.client_secret


@table(
    *wrong("secret-of-another", lambda w: (w.app.client_id, w.other.client_secret)),
    *wrong("client-unknown", lambda w: (str(uuid4()), w.app.client_secret)),
    *wrong("client-deleted", lambda w: pair(w.deleted)),
    *wrong("client-not-a-uuid", lambda w: ("client", w.app.client_secret)),
    *wrong("client-upper-case", lambda w: (w.app.client_id.upper(), w.app.client_secret)),
    *wrong("client-nul-inside", lambda w: (w.app.client_id + "\0", w.app.client_secret)),
    *wrong("client-is-user", lambda w: (w.someone.email, w.app.client_secret)),
    *wrong("client-is-user-id", lambda w: (w.someone.id, w.app.client_secret)),
    *wrong("client-first-party", lambda w: ("first-party", w.app.client_secret)),
)
def test_wrong_client_is_refused_alike(row: Row, world: World, wrong_secret: Answer) -> None:
    request = row.request(world)
    answer = send(world.service.port, request)
    refusal(answer, row, request)
    assert answer.body == wrong_secret.body


@table(
    *wrong("secret-altered", lambda w: (w.app.client_id, altered(w.app.client_secret))),
    *wrong("secret-made-up", lambda w: (w.app.client_id, "secret")),
    *wrong("secret-right-form", lambda w: (w.app.client_id, "ths_" + "A" * 60)),
    *wrong("secret-shortened", lambda w: (w.app.client_id, w.app.client_secret[:-1])),
    *wrong("secret-lengthened", lambda w: (w.app.client_id, w.app.client_secret + "A")),
    *wrong("secret-upper-case", lambda w: (w.app.client_id, w.app.client_secret.upper())),
    *wrong("secret-space-after", lambda w: (w.app.client_id, w.app.client_secret + " ")),
    *wrong("secret-nul-after", lambda w: (w.app.client_id, w.app.client_secret + "\0")),
    *wrong("secret-not-ascii", lambda w: (w.app.client_id, "секрет" * 10)),
    *wrong("secret-10000-octets", lambda w: (w.app.client_id, "A" * 10_000)),
    *wrong("secret-is-id", lambda w: (w.app.client_id, w.app.client_id)),
    *wrong("secret-is-password", lambda w: (w.app.client_id, w.someone.password)),
    *wrong("mistyped-for-client-unknown", lambda w: (str(uuid4()), altered(w.app.client_secret))),
    *wrong("mistyped-for-client-deleted", lambda w: (w.deleted.client_id, "secret")),
    *wrong("mistyped-for-client-not-a-uuid", lambda _: ("client", "secret")),
    *wrong("mistyped-for-first-party", lambda _: ("first-party", "first-party")),
    *wrong("mistyped-for-user", lambda w: (w.someone.email, w.someone.password)),
    *wrong("mistyped-for-user-id", lambda w: (w.someone.id, w.someone.password)),
)
def test_mistyped_secret_is_told_apart_whoever_the_client(
    row: Row, world: World, mistyped: Answer
) -> None:
    request = row.request(world)
    answer = send(world.service.port, request)
    refusal(answer, row, request)
    assert answer.body == mistyped.body


@pytest.mark.clause(ERRORS)
def test_mistyped_and_wrong_secret_say_different_things(
    mistyped: Answer, wrong_secret: Answer
) -> None:
    assert "mistyped" in mistyped.json()["error_description"]
    assert "mistyped" not in wrong_secret.json()["error_description"]


@table(
    *(
        unreadable(clause, name, value)
        for clause, name, value in (
            (HEADER, "scheme-only", "Basic"),
            (HEADER, "nothing-after-scheme", "Basic "),
            (HEADER, "not-base64", "Basic !!!!"),
            (
                HEADER,
                "base64url-alphabet",
                "Basic " + base64.urlsafe_b64encode(b"a:\xfb\xff\xfe\xfa").decode(),
            ),
            (HEADER, "base64-cut-off", encode(b"client:secret1")[:-3]),
            (
                HEADER,
                "base64-space-inside",
                encode(b"client:secret1")[:12] + " " + encode(b"client:secret1")[12:],
            ),
            (HEADER, "no-colon", encode(b"client")),
            (HEADER, "colon-only", encode(b":")),
            (HEADER, "empty-id", encode(b":secret")),
            (HEADER, "empty-secret", encode(b"client:")),
            (HEADER, "bad-utf-8", encode(b"client:\xff\xfe")),
            (HEADER, "octets-not-ascii", b"Basic \xff\xfe"),
            (HEADER, "control-inside", encode(b"client:\x00\x07")),
            (SECRET, "percent-ff", encode(b"client:%FF")),
            (SECRET, "percent-nonsense", encode(b"client:%zz")),
            (SECRET, "percent-cut-off", encode(b"client:%4")),
            (CHALLENGE, "bearer", "Bearer abc"),
            (CHALLENGE, "unknown-scheme", "Digest username=client"),
            (CHALLENGE, "word", "abc"),
        )
    ),
    Row(
        HEADER,
        "header-empty-secret-of-client",
        lambda w: header(basic(w.app.client_id, "")),
        401,
        "invalid_client",
    ),
    Row(
        CLIENT_CREDENTIALS_GRANT,
        "no-authentication",
        lambda _: form(*CLIENT_CREDENTIALS),
        401,
        "invalid_client",
    ),
    Row(
        CLIENT_CREDENTIALS_GRANT,
        "id-alone",
        lambda w: form(*CLIENT_CREDENTIALS, ("client_id", w.app.client_id)),
        401,
        "invalid_client",
    ),
    Row(
        CLIENT_CREDENTIALS_GRANT,
        "id-and-empty-secret",
        lambda w: form(*CLIENT_CREDENTIALS, ("client_id", w.app.client_id), ("client_secret", "")),
        401,
        "invalid_client",
    ),
    Row(
        ERRORS,
        "wrong-secret-and-unknown-grant",
        lambda w: form(("grant_type", "x"), authorization=basic(w.app.client_id, "secret")),
        401,
        "invalid_client",
    ),
)
def test_unreadable_or_missing_authentication_is_refused(row: Row, world: World) -> None:
    request = row.request(world)
    refusal(send(world.service.port, request), row, request)


@table(
    Row(SECRET, "basic", lambda w: by_basic(w, *CLIENT_CREDENTIALS), 200),
    Row(SECRET, "post", by_post, 200),
    Row(
        SECRET,
        "basic-and-same-id",
        lambda w: by_basic(w, *CLIENT_CREDENTIALS, ("client_id", w.app.client_id)),
        200,
    ),
    Row(
        SECRET,
        "basic-every-octet-percent-encoded",
        lambda w: header(basic(*map(every_octet, pair(w.app)))),
        200,
    ),
    Row(
        HEADER, "basic-scheme-lower-case", lambda w: header("basic " + basic(*pair(w.app))[6:]), 200
    ),
    Row(
        HEADER, "basic-scheme-upper-case", lambda w: header("BASIC " + basic(*pair(w.app))[6:]), 200
    ),
    Row(SECRET, "post-percent-encoded", lambda w: percent_encoded(w.app), 200),
)
def test_right_client_gets_a_token(row: Row, world: World) -> None:
    answer = send(world.service.port, row.request(world))
    got = token_response(
        answer, world.service, user_id=world.someone.id, client_id=world.app.client_id
    )
    assert got["sub"] == world.app.client_id


@pytest.fixture(scope="module")
def wrong_secret(world: World) -> Answer:
    """What a wrong secret of a known client gets; an unknown client must get the same."""
    return send(world.service.port, header(basic(world.app.client_id, world.other.client_secret)))


@pytest.fixture(scope="module")
def mistyped(world: World) -> Answer:
    """What a secret of a known client gets when a character of it is wrong."""
    return send(
        world.service.port, header(basic(world.app.client_id, altered(world.app.client_secret)))
    )


def percent_encoded(app: Credential) -> Request:
    """Id and secret in the body, every octet percent-encoded."""
    body = f"grant_type=client_credentials&client_id={every_octet(app.client_id)}&client_secret="
    return raw_form((body + every_octet(app.client_secret)).encode())
