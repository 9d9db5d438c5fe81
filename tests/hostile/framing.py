"""Where a message begins and ends: what two readers could read in two ways (RFC 9112).

Each row is refused with 400 and the connection closed, or read as the RFC says and no further.
"""

from tests.hostile.table import Hostile, Sent, raw

GET = b"GET /healthz HTTP/1.1"
POST = b"POST /api/v1/auth/jwt/token HTTP/1.1"
CLOSE = b"Connection: close"
CHUNKED = b"Transfer-Encoding: chunked"
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
SMUGGLED_LENGTH = b"Content-Length: %d" % len(SMUGGLED)
LENGTH = "RFC 9112 section 6.3"


def get(*lines: bytes) -> Sent:
    """A good GET with these lines in its head."""
    return raw(GET, b"HOST", *lines)


def post(*lines: bytes, body: bytes = b"hello") -> Sent:
    """A POST with these lines in its head."""
    return raw(POST, b"HOST", *lines, body=body)


def chunks(body: bytes) -> Sent:
    """A chunked POST with this body, as it is."""
    return post(CHUNKED, CLOSE, body=body)


def as_they_are(octets: bytes) -> Sent:
    """These octets and no others."""
    return lambda _: octets


LINES = [
    ("get-lower-case", "RFC 9110 section 9.1", raw(b"get /healthz HTTP/1.1", b"HOST"), (405,)),
    ("method-unknown", "RFC 9110 section 9.1", raw(b"BREW / HTTP/1.1", b"HOST"), (405,)),
    ("method-connect", "RFC 9110 section 9.3.6", raw(b"CONNECT a:80 HTTP/1.1", b"HOST"), (405,)),
    ("method-space", "RFC 9112 section 3", raw(b"GE T / HTTP/1.1", b"HOST"), (400,)),
    ("method-empty", "RFC 9112 section 3", raw(b" /healthz HTTP/1.1", b"HOST"), (400,)),
    ("line-tabs", "CVE-2019-16789", raw(b"GET\t/healthz\tHTTP/1.1", b"HOST"), (400,)),
    ("line-vertical-tab", "CVE-2019-16789", raw(b"GET /\x0bhealthz HTTP/1.1", b"HOST"), (400,)),
    ("line-nul", "RFC 9112 section 3", raw(b"GET /\0 HTTP/1.1", b"HOST"), (400,)),
    ("line-8-bit", "RFC 9112 section 3.2", raw(b"GET /\xff HTTP/1.1", b"HOST"), (400,)),
    ("line-space-in-target", "RFC 9112 section 3.2", raw(b"GET /a b HTTP/1.1", b"HOST"), (400,)),
    ("line-cr-alone", "RFC 9112 section 2.2", raw(b"GET / HTTP/1.1\rHost: a", b"HOST"), (400,)),
    ("target-fragment", "RFC 9112 section 3.2", raw(b"GET /#a HTTP/1.1", b"HOST"), (400,)),
    ("target-no-path", "RFC 9112 section 3.2", raw(b"GET healthz HTTP/1.1", b"HOST"), (400,)),
    (
        "target-other-scheme",
        "RFC 9112 section 3.2.2",
        raw(b"GET ftp://a/ HTTP/1.1", b"HOST"),
        (400,),
    ),
    ("target-file", "RFC 9112 section 3.2.2", raw(b"GET file:///etc HTTP/1.1", b"HOST"), (400,)),
    (
        "target-userinfo",
        "RFC 9110 section 4.2.4",
        raw(b"GET http://u@a/ HTTP/1.1", b"HOST"),
        (400,),
    ),
    (
        "target-no-authority",
        "RFC 9110 section 4.2.1",
        raw(b"GET http:///a HTTP/1.1", b"HOST"),
        (400,),
    ),
    ("target-asterisk", "RFC 9112 section 3.2.4", raw(b"GET * HTTP/1.1", b"HOST"), (400,)),
    ("target-authority", "RFC 9112 section 3.2.3", raw(b"GET a:80 HTTP/1.1", b"HOST"), (400,)),
    ("version-0.9", "RFC 9112 section 2.3", as_they_are(b"GET /healthz\r\n\r\n"), (400,)),
    ("version-1.2", "RFC 9112 section 2.3", raw(b"GET / HTTP/1.2", b"HOST"), (400,)),
    ("version-2.0", "RFC 9112 section 2.3", raw(b"GET / HTTP/2.0", b"HOST"), (400,)),
    ("version-lower-case", "RFC 9112 section 2.3", raw(b"GET / http/1.1", b"HOST"), (400,)),
    ("version-none", "RFC 9112 section 2.3", raw(b"GET / HTTP/", b"HOST"), (400,)),
    (
        "version-11-digits",
        "RFC 9112 section 2.3",
        raw(b"GET / HTTP/11111111111.1", b"HOST"),
        (400,),
    ),
    (
        "http-2-preface",
        "RFC 9113 section 3.4",
        as_they_are(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (400,),
    ),
    (
        "tls-hello",
        "RFC 8446 section 5.1",
        as_they_are(bytes.fromhex("16030100a5010000a10303")),
        (400,),
    ),
    ("ssh", "RFC 4253 section 4.2", as_they_are(b"SSH-2.0-client\r\n"), (400,)),
    ("smtp", "RFC 9112 section 3", as_they_are(b"EHLO a\r\n"), (400,)),
    ("response", "RFC 9112 section 2.1", as_they_are(b"HTTP/1.1 200 OK\r\n\r\n"), (400,)),
    ("random", "RFC 9112 section 2.1", as_they_are(bytes(range(255, 127, -1))), (400,)),
]

FIELDS = [
    ("bare-lf-everywhere", "CVE-2019-16785", as_they_are(GET + b"\nHost: a\n\n"), (400,)),
    ("bare-lf-after-line", "CVE-2019-16785", as_they_are(GET + b"\nHost: a\r\n\r\n"), (400,)),
    (
        "bare-lf-after-field",
        "CVE-2022-35256",
        as_they_are(GET + b"\r\nHost: a\nX: y\r\n\r\n"),
        (400,),
    ),
    ("bare-lf-at-end", "CVE-2022-35256", as_they_are(GET + b"\r\nHost: a\r\n\n"), (400,)),
    (
        "bare-cr-between-fields",
        "CVE-2023-30589",
        as_they_are(GET + b"\r\nHost: a\rX: y\r\n\r\n"),
        (400,),
    ),
    ("cr-cr-lf", "RFC 9112 section 2.2", get(b"X: y\r"), (400,)),
    ("folded", "RFC 9112 section 5.2", get(b"X: a", b" b"), (400,)),
    ("folded-tab", "RFC 9112 section 5.2", get(b"X: a", b"\tb"), (400,)),
    ("folded-coding", "CVE-2022-32215", post(b"Transfer-Encoding:", b" chunked"), (400,)),
    ("folded-host", "RFC 9112 section 5.2", raw(GET, b"Host: a", b" b"), (400,)),
    ("space-before-first", "RFC 9112 section 2.2", raw(GET, b" HOST"), (400,)),
    ("space-before-colon", "CVE-2021-22959", get(b"X : y"), (400,)),
    ("tab-before-colon", "CVE-2021-22959", get(b"X\t: y"), (400,)),
    ("space-before-colon-coding", "CVE-2019-16276", post(b"Transfer-Encoding : chunked"), (400,)),
    ("space-before-length", "CVE-2024-27982", post(b" Content-Length: 5"), (400,)),
    ("name-empty", "RFC 9112 section 5", get(b": y"), (400,)),
    ("name-nul", "RFC 9110 section 5.1", get(b"X\0: y"), (400,)),
    ("name-8-bit", "RFC 9110 section 5.1", get(b"X\xff: y"), (400,)),
    ("name-parenthesis", "RFC 9110 section 5.1", get(b"X(y): z"), (400,)),
    ("name-only", "RFC 9112 section 5", get(b"X"), (400,)),
    ("value-nul", "RFC 9110 section 5.5", get(b"X: a\0b"), (400,)),
    ("value-control", "RFC 9110 section 5.5", get(b"X: a\x01b"), (400,)),
    ("value-delete", "RFC 9110 section 5.5", get(b"X: a\x7fb"), (400,)),
    ("value-escape", "CWE-150", get(b"User-Agent: \x1b[2J"), (400,)),
    ("value-8-bit", "RFC 9110 section 5.5", get(b"X: \xff", CLOSE), (200,)),
    ("host-none", "RFC 9112 section 3.2", raw(GET, CLOSE), (400,)),
    ("host-twice", "RFC 9112 section 3.2", get(b"Host: b"), (400,)),
    ("host-twice-same", "RFC 9112 section 3.2", raw(GET, b"Host: a", b"Host: a"), (400,)),
    *(
        (f"host-{name}", "RFC 9110 section 7.2", raw(GET, b"Host: " + value), (400,))
        for name, value in {
            "empty": b"",
            "space": b"a b",
            "list": b"a, b",
            "path": b"a/b",
            "userinfo": b"u@a",
            "query": b"a?b",
            "fragment": b"a#b",
            "backslash": b"a\\b",
            "port-word": b"a:http",
            "port-too-high": b"a:65536",
            "port-sign": b"a:-1",
            "bracket-open": b"[::1",
            "bracket-word": b"[a]",
            "utf-8": "é.example".encode(),
            "quote": b'a"b',
            "markup": b"<script>",
            "300-octets": b"a" * 300,
        }.items()
    ),
]

LENGTHS = [
    ("length-twice", LENGTH, post(b"Content-Length: 5", b"Content-Length: 6"), (400,)),
    ("length-twice-same", LENGTH, post(b"Content-Length: 5", b"Content-Length: 5"), (400,)),
    *(
        (f"length-{name}", LENGTH, post(b"Content-Length: " + value), (400,))
        for name, value in {
            "list": b"5, 5",
            "negative": b"-5",
            "plus": b"+5",
            "hex": b"0x5",
            "fraction": b"5.0",
            "exponent": b"5e0",
            "underscore": b"1_0",
            "empty": b"",
            "word": b"five",
            "inner-space": b"5 5",
            "arabic-digit": "\u0665".encode(),
            "24-digits": b"9" * 24,
        }.items()
    ),
    ("length-and-chunked", "CVE-2020-8287", post(b"Content-Length: 5", CHUNKED), (400,)),
    ("chunked-and-length", "CVE-2020-8287", post(CHUNKED, b"Content-Length: 5"), (400,)),
    ("chunked-twice", "CVE-2020-8287", post(CHUNKED, CHUNKED), (400,)),
    ("chunked-1.0", "RFC 9112 section 6.1", raw(b"POST / HTTP/1.0", b"HOST", CHUNKED), (400,)),
    *(
        (f"coding-{name}", cve, post(b"Transfer-Encoding: " + value, body=b"0\r\n\r\n"), (400,))
        for name, cve, value in (
            ("unknown", "CVE-2024-1135", b"xchunked"),
            ("identity", "CVE-2019-16786", b"identity"),
            ("gzip-chunked", "RFC 9112 section 6.1", b"gzip, chunked"),
            ("chunked-gzip", "CVE-2022-32213", b"chunked, gzip"),
            ("chunked-identity", "CVE-2024-6827", b"chunked, identity"),
            ("chunked-chunked", "RFC 9112 section 6.1", b"chunked, chunked"),
            ("comma-first", "CVE-2022-32213", b", chunked"),
            ("vertical-tab", "CVE-2019-16786", b"\x0bchunked"),
            ("quoted", "RFC 9112 section 6.1", b'"chunked"'),
            ("empty", "RFC 9112 section 6.1", b""),
        )
    ),
    *(
        (f"chunk-{name}", cve, chunks(body), (400,))
        for name, cve, body in (
            ("size-negative", LENGTH, b"-5\r\nhello\r\n0\r\n\r\n"),
            ("size-plus", LENGTH, b"+5\r\nhello\r\n0\r\n\r\n"),
            ("size-0x", "CVE-2022-32214", b"0x5\r\nhello\r\n0\r\n\r\n"),
            ("size-word", LENGTH, b"five\r\nhello\r\n0\r\n\r\n"),
            ("size-empty", LENGTH, b"\r\nhello\r\n0\r\n\r\n"),
            ("size-space", "CVE-2022-32214", b"5 \r\nhello\r\n0\r\n\r\n"),
            ("size-overflow", "CWE-190", b"f" * 17 + b"\r\nhello\r\n0\r\n\r\n"),
            ("size-lf", "CVE-2022-32214", b"5\nhello\r\n0\r\n\r\n"),
            ("data-lf", "CVE-2022-32214", b"5\r\nhello\n0\r\n\r\n"),
            ("data-too-long", LENGTH, b"3\r\nhello\r\n0\r\n\r\n"),
            ("data-no-end", LENGTH, b"5\r\nhelloX0\r\n\r\n"),
            ("last-lf", "CVE-2022-32214", b"0\n\n"),
            ("extension-lf", "CVE-2021-22960", b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
            ("extension-nul", "CVE-2021-22960", b"5;\0\r\nhello\r\n0\r\n\r\n"),
            ("trailer-folded", "RFC 9112 section 5.2", b"0\r\nX: a\r\n b\r\n\r\n"),
            ("trailer-nul", "RFC 9110 section 5.5", b"0\r\nX: \0\r\n\r\n"),
        )
    ),
]

SECOND = [
    (
        "second-malformed",
        "RFC 9112 section 9.3.2",
        as_they_are(SMUGGLED + b"BAD\r\n\r\n"),
        (200, 400),
    ),
    ("second-after-close", "RFC 9112 section 9.6", get(CLOSE, b"", GET, b"HOST"), (200,)),
    (
        "second-in-body",
        "RFC 9112 section 11.2",
        post(SMUGGLED_LENGTH, CLOSE, body=SMUGGLED),
        (422,),
    ),
    (
        "second-in-body-of-an-upgrade",
        "RFC 9110 section 7.8",
        post(b"Connection: Upgrade", b"Upgrade: h2c", SMUGGLED_LENGTH, body=SMUGGLED),
        (422,),
    ),
    (
        "second-in-chunks-of-an-upgrade",
        "RFC 9110 section 7.8",
        post(
            b"Connection: Upgrade",
            b"Upgrade: a",
            CHUNKED,
            body=b"%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n0\r\n\r\n",
        ),
        (422,),
    ),
    (
        "websocket",
        "RFC 6455 section 4.2.2",
        get(b"Connection: Upgrade, close", b"Upgrade: websocket"),
        (200,),
    ),
    (
        "second-in-get",
        "RFC 9110 section 9.3.1",
        get(SMUGGLED_LENGTH, CLOSE, b"", SMUGGLED[:-4]),
        (200,),
    ),
    ("hundred", "CWE-770", as_they_are(SMUGGLED * 100), (*(200,) * 65, 429)),
    ("expect-twice", "RFC 9110 section 10.1.1", get(b"Expect: 100-continue", b"Expect: a"), (400,)),
    ("expect-unknown", "RFC 9110 section 10.1.1", get(b"Expect: a", CLOSE), (200,)),
    (
        "head-malformed",
        "RFC 9112 section 6.3",
        raw(b"HEAD /healthz HTTP/1.1", b"Host: a b"),
        (400,),
    ),
]
# Trailers are no headers (RFC 9110 section 6.5.1): a form announced by one is no form.
TRAILERS = [
    ("trailer-host", "RFC 9110 section 6.5.1", chunks(b"0\r\nHost: evil\r\n\r\n"), (422,)),
    (
        "trailer-content-type",
        "RFC 9110 section 6.5.1",
        chunks(b"3\r\na=b\r\n0\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"),
        (422,),
    ),
    ("trailer-length", "RFC 9110 section 6.5.1", chunks(b"0\r\nContent-Length: 9\r\n\r\n"), (400,)),
]
ROWS = [Hostile(*row) for row in (*LINES, *FIELDS, *LENGTHS, *SECOND, *TRAILERS)]
