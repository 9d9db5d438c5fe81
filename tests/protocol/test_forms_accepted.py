"""Forms that must be read: everything that the standard allows and clients really send.

RFC 6749 section 3.2 and appendix B. The counterpart of the refusals, up to the published limits.
"""

from urllib.parse import urlencode

from tests.protocol.checks import token_response
from tests.protocol.table import FORM, Row, World, by_post, table
from tests.protocol.test_forms import (
    BODY_LIMIT,
    ENCODING,
    HTTP,
    MEDIA,
    ONCE,
    chunked,
    encoded,
    many,
    padded,
)
from tests.raw import Request, send


def slash_after(request: Request) -> Request:
    """The same to the twin of the path."""
    return Request(request.method, request.target + "/", request.headers, request.body)


@table(
    Row(ONCE, "unknown-parameter", lambda w: by_post(w, ("x", "1")), 200),
    Row(ONCE, "unknown-parameter-twice", lambda w: by_post(w, ("x", "1"), ("x", "1")), 200),
    Row(
        ONCE,
        "empty-parameters",
        lambda w: by_post(w, ("username", ""), ("scope", ""), ("client_assertion", "")),
        200,
    ),
    Row(
        ONCE,
        "parameter-without-equals",
        lambda w: encoded(w, b"grant_type=client_credentials&scope"),
        200,
    ),
    Row(ONCE, "separators-only", lambda w: encoded(w, b"&&grant_type=client_credentials&&"), 200),
    Row(ENCODING, "utf-8-in-unknown", lambda w: by_post(w, ("ключ", "значение")), 200),
    Row(
        ENCODING,
        "name-percent-encoded",
        lambda w: encoded(w, b"%67rant%5Ftype=client%5Fcredentials"),
        200,
    ),
    Row(
        MEDIA,
        "media-with-charset",
        lambda w: encoded(w, padded(100), FORM + "; charset=UTF-8"),
        200,
    ),
    Row(MEDIA, "media-upper-case", lambda w: encoded(w, padded(100), FORM.upper()), 200),
    Row(
        MEDIA,
        "media-space-before-parameter",
        lambda w: encoded(w, padded(100), FORM + " ;charset=utf-8"),
        200,
    ),
    Row(
        "RFC 6749 section 3.3",
        "scope-is-ignored",
        lambda w: by_post(w, ("scope", "read write")),
        200,
    ),
    Row(
        "RFC 6749 section 3.3",
        "scope-ill-formed-is-ignored",
        lambda w: by_post(w, ("scope", '"\\')),
        200,
    ),
    Row(
        "RFC 8707 section 2",
        "resource-is-the-issuer",
        lambda w: by_post(w, ("resource", w.issuer)),
        200,
    ),
    Row(HTTP, "64-kib", lambda w: encoded(w, padded(BODY_LIMIT)), 200),
    Row(HTTP, "64-parameters", lambda w: encoded(w, urlencode(many(64)).encode()), 200),
    Row(HTTP, "chunked", lambda w: chunked(w, padded(20_000)), 200),
    Row(ONCE, "slash-after-the-path", lambda w: slash_after(by_post(w)), 200),
)
def test_right_form_gets_a_token(row: Row, world: World) -> None:
    answer = send(world.service.port, row.request(world))
    token_response(answer, world.service, user_id=world.someone.id, client_id=world.app.client_id)
