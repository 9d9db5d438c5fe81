"""One more than each published limit (contract section 5), and how a sender would hide it."""

from urllib.parse import urlencode

from tests import jws
from tests.hostile.table import Hostile, Sent, built, http, raw
from tests.people import CLIENTS, TOKEN
from tests.protocol.assertions import signed, with_claims
from tests.protocol.table import (
    CLIENT_CREDENTIALS,
    FORM,
    World,
    basic,
    by_jwt,
    by_post,
    form,
    secret_post,
)
from tests.raw import Request

BODY, HEAD = 65_536, 16_384
TOO_LARGE = "RFC 9110 section 15.5.14"
HEAD_LIMIT = "RFC 6585 section 5"
OURS = "contract section 5"
POST = f"POST {TOKEN} HTTP/1.1".encode()
TYPE = b"Content-Type: " + FORM.encode()


def announced(length: int) -> Sent:
    """A length that is told; no octet of the body follows, and the answer must not wait for it."""
    return raw(POST, b"HOST", TYPE, b"Content-Length: %d" % length)


def in_chunks(size: int, count: int, extension: bytes = b"", trailers: bytes = b"") -> Sent:
    """So many chunks of this size."""
    chunk = b"%x%s\r\n%s\r\n" % (size, extension, b"a" * size)
    body = chunk * count + b"0\r\n" + trailers + b"\r\n"
    return raw(POST, b"HOST", TYPE, b"Transfer-Encoding: chunked", b"Connection: close", body=body)


def parameters(count: int, **more: str) -> Sent:
    """A right request among so many parameters."""
    return built(
        lambda w: form(*by_pairs(w), *((f"x{n}", "") for n in range(count)), *more.items())
    )


def by_pairs(w: World) -> tuple[tuple[str, str | bytes], ...]:
    """What is right, as pairs."""
    return (*CLIENT_CREDENTIALS, *secret_post(w.app))


def sign_in(email: str, password: str) -> Sent:
    """The password grant."""
    return built(
        lambda _: form(("grant_type", "password"), ("username", email), ("password", password))
    )


def head_of(*lines: bytes) -> Sent:
    """A GET with this head."""
    return raw(b"GET /healthz HTTP/1.1", b"HOST", *lines)


ROWS = [
    Hostile("body-announced-one-more", TOO_LARGE, announced(BODY + 1), (413,)),
    Hostile("body-announced-a-terabyte", TOO_LARGE, announced(10**12), (413,)),
    Hostile("body-announced-2-63", "CWE-190", announced(2**63 - 1), (413,)),
    Hostile(
        "body-sent",
        TOO_LARGE,
        http("POST", TOKEN, ("Content-Type", FORM), body=b"a" * 70_000),
        (413,),
    ),
    Hostile("body-json", TOO_LARGE, http("POST", CLIENTS, body=b" " * (BODY + 1)), (413,)),
    Hostile("body-megabyte", TOO_LARGE, http("POST", TOKEN, body=b"a" * 1_000_000), (413,)),
    Hostile("chunks-one-more", TOO_LARGE, in_chunks(1, BODY + 1), (413,)),
    Hostile("chunks-large", TOO_LARGE, in_chunks(BODY, 3), (413,)),
    Hostile("chunks-extensions", "CVE-2023-39326", in_chunks(1, 3000, b";" + b"a" * 300), (413,)),
    Hostile("chunks-trailers", "CWE-770", in_chunks(1, 1, trailers=b"X: a\r\n" * 200_000), (413,)),
    Hostile("head-one-field", HEAD_LIMIT, head_of(b"X: " + b"a" * HEAD), (431,)),
    Hostile("head-many-fields", "CVE-2018-12121", head_of(*(b"X: a",) * 3000), (431,)),
    Hostile("head-empty-fields", "CVE-2018-12121", head_of(*(b"X:",) * 4000), (431,)),
    Hostile("head-name", HEAD_LIMIT, head_of(b"X" * HEAD + b": a"), (431,)),
    Hostile("head-url", HEAD_LIMIT, raw(b"GET /" + b"a" * HEAD + b" HTTP/1.1", b"HOST"), (431,)),
    Hostile(
        "head-query",
        HEAD_LIMIT,
        raw(b"GET /healthz?" + b"a" * HEAD + b" HTTP/1.1", b"HOST"),
        (431,),
    ),
    Hostile("head-megabyte", HEAD_LIMIT, head_of(b"X: " + b"a" * 1_000_000), (431,)),
    Hostile(
        "head-never-ends", HEAD_LIMIT, lambda _: b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000, (431,)
    ),
    Hostile("url-never-ends", HEAD_LIMIT, lambda _: b"GET /" + b"a" * 20_000, (431,)),
    Hostile("head-cookie", HEAD_LIMIT, head_of(b"Cookie: " + b"a=b; " * 4000), (431,)),
    Hostile("parameters-65", OURS, parameters(62), (400,)),
    Hostile("parameters-5000", "CVE-2011-4885", parameters(5000), (400,)),
    Hostile(
        "parameters-empty",
        OURS,
        http("POST", TOKEN, ("Content-Type", FORM), body=b"&" * 60_000),
        (400,),
    ),
    Hostile("parameters-a-long-name", OURS, parameters(1, **{"n" * 60_000: "a"}), (200,)),
    Hostile("email-321", OURS, sign_in("a" * 308 + "@example.com", "p" * 20), (400,)),
    Hostile("email-50-kib", OURS, sign_in("a" * 50_000, "p" * 20), (400,)),
    Hostile("password-1025", OURS, sign_in("a@example.com", "p" * 1025), (400,)),
    Hostile("password-50-kib", "CVE-2013-1443", sign_in("a@example.com", "p" * 50_000), (400,)),
    Hostile("password-1025-octets", OURS, sign_in("a@example.com", "ü" * 513), (400,)),
    Hostile(
        "assertion-8-kib",
        OURS,
        built(lambda w: by_jwt(with_claims(f'"x":"{"a" * 8192}"')(w))),
        (401,),
    ),
    Hostile("assertion-50-kib", OURS, built(lambda w: by_jwt(signed(w, b" " * 36_000))), (401,)),
    Hostile(
        "assertion-jti-257", OURS, built(lambda w: by_jwt(with_claims(jti="j" * 257)(w))), (401,)
    ),
    Hostile("assertion-dots", "CWE-407", built(lambda _: by_jwt(b"." * 8000)), (401,)),
    Hostile(
        "assertion-kid-257",
        OURS,
        built(lambda w: by_jwt(signed(w, b"{}", jws.dump({"alg": "HS256", "kid": "k" * 257})))),
        (401,),
    ),
    Hostile(
        "secret-50-kib",
        OURS,
        built(
            lambda w: form(
                *CLIENT_CREDENTIALS, ("client_id", w.app.client_id), ("client_secret", "s" * 50_000)
            )
        ),
        (401,),
    ),
    Hostile(
        "client-id-50-kib",
        OURS,
        built(
            lambda _: form(*CLIENT_CREDENTIALS, ("client_id", "i" * 50_000), ("client_secret", "s"))
        ),
        (401,),
    ),
    Hostile(
        "basic-12-kib",
        OURS,
        http(
            "POST",
            TOKEN,
            ("Content-Type", FORM),
            ("Authorization", basic("a" * 4000, "b" * 4000)),
            body=urlencode(CLIENT_CREDENTIALS).encode(),
        ),
        (401,),
    ),
    Hostile(
        "form-in-a-megabyte-of-spaces",
        TOO_LARGE,
        built(
            lambda w: Request(
                "POST", TOKEN, (("Content-Type", FORM),), by_post(w).body + b"+" * 1_000_000
            )
        ),
        (413,),
    ),
]
