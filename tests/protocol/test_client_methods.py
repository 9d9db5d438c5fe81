"""One way to prove who calls, never two: RFC 6749 section 2.3."""

import pytest

from tests.protocol.assertions import right
from tests.protocol.checks import refusal
from tests.protocol.table import (
    CLIENT_CREDENTIALS,
    Row,
    World,
    basic,
    by_basic,
    by_jwt,
    by_post,
    form,
    raw_form,
    secret_jwt,
    secret_post,
    table,
)
from tests.raw import send

METHODS = "RFC 6749 section 2.3"


def post_beside(name: str, header: str) -> Row:
    """Right `client_secret_post` beside an Authorization header that nobody can read."""
    return Row(
        METHODS,
        f"post-beside-{name}",
        lambda w: form(*CLIENT_CREDENTIALS, *secret_post(w.app), authorization=header),
        401,
        "invalid_client",
    )


@table(
    Row(
        METHODS,
        "basic-and-post",
        lambda w: by_basic(w, *CLIENT_CREDENTIALS, *secret_post(w.app)),
        400,
        "invalid_request",
    ),
    Row(
        METHODS,
        "basic-and-secret-in-body",
        lambda w: by_basic(w, *CLIENT_CREDENTIALS, ("client_secret", w.app.client_secret)),
        400,
        "invalid_request",
    ),
    Row(
        METHODS,
        "basic-and-jwt",
        lambda w: by_basic(w, *CLIENT_CREDENTIALS, *secret_jwt(right(w))),
        400,
        "invalid_request",
    ),
    Row(
        METHODS, "post-and-jwt", lambda w: by_post(w, *secret_jwt(right(w))), 400, "invalid_request"
    ),
    Row(
        METHODS,
        "jwt-and-secret",
        lambda w: by_jwt(right(w), ("client_secret", w.app.client_secret)),
        400,
        "invalid_request",
    ),
    Row(
        METHODS,
        "all-three",
        lambda w: by_basic(w, *CLIENT_CREDENTIALS, *secret_post(w.app), *secret_jwt(right(w))),
        400,
        "invalid_request",
    ),
    Row(
        METHODS,
        "two-though-both-wrong",
        lambda _: form(
            *CLIENT_CREDENTIALS,
            ("client_id", "a"),
            ("client_secret", "b"),
            authorization=basic("a", "b"),
        ),
        400,
        "invalid_request",
    ),
    Row(
        METHODS,
        "basic-and-id-of-another",
        lambda w: by_basic(w, *CLIENT_CREDENTIALS, ("client_id", w.other.client_id)),
        400,
        "invalid_request",
    ),
    post_beside("basic-alone", "Basic"),
    post_beside("ill-formed-basic", "Basic !!!!"),
    post_beside("percent-nonsense", basic("client", "%zz")),
)
def test_more_than_one_method_is_refused(row: Row, world: World) -> None:
    request = row.request(world)
    refusal(send(world.service.port, request), row, request)


@pytest.mark.clause("RFC 9110 section 11.6.1")
def test_authorization_header_twice_is_refused(world: World) -> None:
    one = basic(world.app.client_id, world.app.client_secret)
    for second in (one, basic("client", "secret"), "Bearer abc"):
        twice = raw_form(
            b"grant_type=client_credentials", ("Authorization", one), ("Authorization", second)
        )
        answer = send(world.service.port, twice)
        assert answer.status in {400, 401}
        assert answer.json()["error"] in {"invalid_request", "invalid_client"}
