"""Forms that are wrong as forms: parameters twice, bad octets, other media types, too much.

RFC 6749 section 3.2 and appendix B. Client authentication is right in each, so that it cannot have
been the reason.
"""

from urllib.parse import urlencode

from tests.people import TOKEN
from tests.protocol.assertions import right
from tests.protocol.checks import refusal
from tests.protocol.table import (
    BEARER_TYPE,
    CLIENT_CREDENTIALS,
    FORM,
    Row,
    World,
    basic,
    by_basic,
    by_jwt,
    by_post,
    form,
    raw_form,
    secret_post,
    table,
)
from tests.raw import Request, send

ONCE = "RFC 6749 section 3.2"
ERRORS = "RFC 6749 section 5.2"
ENCODING = "RFC 6749 appendix B"
MEDIA = "RFC 6749 section 4.4.2"
HTTP = "RFC 9110 section 15.5"
BODY_LIMIT = 65_536
JSON_BODY = b'{"grant_type":"client_credentials"}'
MULTIPART = (
    b"--x\r\n"
    b'Content-Disposition: form-data; name="grant_type"\r\n\r\n'
    b"client_credentials\r\n"
    b"--x--\r\n"
)


def encoded(w: World, body: bytes, media_type: str | None = FORM) -> Request:
    """A body as it stands, with right client authentication by Basic."""
    authorization = ("Authorization", basic(w.app.client_id, w.app.client_secret))
    named = () if media_type is None else (("Content-Type", media_type),)
    return Request("POST", TOKEN, (authorization, *named), body)


def padded(size: int) -> bytes:
    """A right form of exactly `size` octets."""
    start = b"grant_type=client_credentials&x="
    return start + b"a" * (size - len(start))


def chunked(w: World, body: bytes, size: int = 5000) -> Request:
    """The body in chunks, so that its length is not said beforehand."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    wire = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    given = encoded(w, wire)
    return Request("POST", TOKEN, (*given.headers, ("Transfer-Encoding", "chunked")), wire)


def many(count: int) -> tuple[tuple[str, str], ...]:
    """So many parameters, the grant type first."""
    return (*(("grant_type", "client_credentials"),), *((f"x{n}", "1") for n in range(count - 1)))


def wrong(clause: str, name: str, body: bytes) -> Row:
    """A form body that is `invalid_request`, right client authentication beside it."""
    return Row(clause, name, lambda w: encoded(w, body), 400, "invalid_request")


def not_a_form(name: str, media_type: str | None, body: bytes) -> Row:
    """A body of another media type, which the reference answers with 422."""
    return Row(
        MEDIA, f"media-{name}", lambda w: encoded(w, body, media_type), 422, "invalid_request"
    )


def unsupported(grant_type: str) -> Row:
    """A grant that the server does not have, asked for by a proven client."""
    return Row(
        ERRORS,
        f"grant-{grant_type}",
        lambda w: by_basic(w, ("grant_type", grant_type)),
        400,
        "unsupported_grant_type",
    )


def not_allowed(method: str) -> Row:
    """A token comes by POST only."""
    return Row(
        ONCE, f"method-{method}", lambda _: Request(method, TOKEN), 405, None, {"Allow": "POST"}
    )


def twice(name: str, value: str) -> Row:
    """A parameter twice, with the same value, where it would be right once or ignored."""
    return Row(
        ONCE,
        f"twice-{name}",
        lambda w: by_basic(w, ("grant_type", "password"), (name, value), (name, value)),
        400,
        "invalid_request",
    )


@table(
    Row(
        ONCE, "twice-grant_type", lambda w: by_post(w, *CLIENT_CREDENTIALS), 400, "invalid_request"
    ),
    Row(
        ONCE,
        "twice-grant_type-differing",
        lambda w: by_post(w, ("grant_type", "password")),
        400,
        "invalid_request",
    ),
    Row(
        ONCE,
        "twice-client_id",
        lambda w: by_post(w, ("client_id", w.app.client_id)),
        400,
        "invalid_request",
    ),
    Row(
        ONCE,
        "twice-client_id-of-another",
        lambda w: by_post(w, ("client_id", w.other.client_id)),
        400,
        "invalid_request",
    ),
    Row(
        ONCE,
        "twice-client_secret",
        lambda w: by_post(w, ("client_secret", w.app.client_secret)),
        400,
        "invalid_request",
    ),
    Row(
        ONCE,
        "twice-client_assertion",
        lambda w: by_jwt(right(w), ("client_assertion", right(w))),
        400,
        "invalid_request",
    ),
    Row(
        ONCE,
        "twice-client_assertion_type",
        lambda w: by_jwt(right(w), ("client_assertion_type", BEARER_TYPE)),
        400,
        "invalid_request",
    ),
    twice("scope", "first"),
    twice("username", "someone@people.example"),
    twice("password", "a password"),
    wrong(
        ENCODING,
        "twice-percent-encoded-name",
        b"grant_type=client_credentials&%67rant_type=client_credentials",
    ),
    wrong(ENCODING, "percent-ff", b"grant_type=client_credentials&scope=%FF"),
    wrong(ENCODING, "percent-ff-in-name", b"grant_type=client_credentials&%FF=x"),
    wrong(ENCODING, "percent-cut-off", b"grant_type=client_credentials&scope=%C3"),
    wrong(ENCODING, "percent-surrogate", b"grant_type=client_credentials&scope=%ED%A0%80"),
    wrong(ENCODING, "percent-overlong", b"grant_type=client_credentials&scope=%C0%80"),
    wrong(ENCODING, "percent-latin-1", b"grant_type=client_credentials&scope=caf%E9"),
    wrong(ENCODING, "raw-ff", b"grant_type=client_credentials&scope=\xff"),
    wrong(ERRORS, "grant-type-absent", b"scope=x"),
    wrong(ERRORS, "grant-type-empty", b"grant_type="),
    wrong(ERRORS, "grant-type-without-equals", b"grant_type"),
    wrong(ERRORS, "body-empty", b""),
    wrong(ERRORS, "semicolon-as-separator", b"x=1;grant_type=client_credentials"),
    wrong(ERRORS, "json-under-the-form-type", JSON_BODY),
    wrong(ERRORS, "65-parameters", urlencode(many(65)).encode()),
    wrong(ERRORS, "3000-parameters", urlencode(many(3000)).encode()),
    *(
        unsupported(value)
        for value in (
            "authorization_code",
            "refresh_token",
            "implicit",
            "CLIENT_CREDENTIALS",
            "client_credentials ",
            "client-credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "grant\0",
            "clïent",
            "__class__",
        )
    ),
    Row(
        "RFC 6749 section 2.3.1",
        "parameters-in-the-query",
        lambda w: in_query(w, authenticated=False),
        401,
        "invalid_client",
    ),
    Row(
        ONCE,
        "grant-type-in-the-query",
        lambda w: in_query(w, authenticated=True),
        400,
        "invalid_request",
    ),
    not_a_form("json", "application/json", JSON_BODY),
    not_a_form("multipart", "multipart/form-data; boundary=x", MULTIPART),
    not_a_form("text", "text/plain", b"grant_type=client_credentials"),
    not_a_form("none", None, b"grant_type=client_credentials"),
    not_a_form("empty", "", b"grant_type=client_credentials"),
    not_a_form("longer", FORM + "x", b"grant_type=client_credentials"),
    not_a_form("nonsense", "form", b"grant_type=client_credentials"),
    not_a_form("none-and-no-body", None, b""),
)
def test_wrong_form_is_refused(row: Row, world: World) -> None:
    request = row.request(world)
    refusal(send(world.service.port, request), row, request)


@table(
    Row(HTTP, "64-kib-and-one", lambda w: encoded(w, padded(BODY_LIMIT + 1)), 413),
    Row(HTTP, "one-megabyte", lambda w: encoded(w, padded(1_000_000)), 413),
    Row(
        HTTP,
        "one-megabyte-of-json",
        lambda w: encoded(w, b"[" * 1_000_000, "application/json"),
        413,
    ),
    Row(HTTP, "64-kib-and-one-in-chunks", lambda w: chunked(w, padded(BODY_LIMIT + 1)), 413),
    *(
        not_allowed(method)
        for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
    ),
)
def test_what_is_no_token_request_is_refused(row: Row, world: World) -> None:
    request = row.request(world)
    refusal(send(world.service.port, request), row, request)


def in_query(w: World, *, authenticated: bool) -> Request:
    """Parameters in the request URI, where they may not be."""
    if authenticated:
        given = encoded(w, b"")
        return Request("POST", TOKEN + "?grant_type=client_credentials", given.headers, b"")
    query = urlencode([*CLIENT_CREDENTIALS, *secret_post(w.app)])
    return Request(
        "POST", f"{TOKEN}?{query}", raw_form(b"").headers, form(*CLIENT_CREDENTIALS).body
    )
