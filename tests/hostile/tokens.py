"""Access tokens that are forged, confused or borrowed, and what a good one may not do."""

import json
from collections.abc import Callable

import jwt

from tests import jws
from tests.hostile.assertions import OWN, own_jwk
from tests.hostile.table import Hostile, Sent, built, http
from tests.people import CLIENTS, ME, TOKEN, client_token
from tests.protocol.assertions import (
    right,
    with_header,
)
from tests.protocol.table import FORM, World
from tests.raw import Request, send

CONFUSION = "RFC 8725 section 2.1"
AUDIENCE = "RFC 8725 section 3.9"
TYPES = "RFC 8725 section 3.11"
CLAIM = "RFC 7523 section 3"
JSON = "RFC 8725 section 3.3"


def bearer(make: Callable[[World], str | bytes], method: str = "GET", path: str = ME) -> Sent:
    """A request with what is made as its bearer token."""

    def sent(w: World) -> bytes:
        token = make(w)
        value = b"Bearer " + (token.encode() if isinstance(token, str) else token)
        return Request(method, path, (("Authorization", value),)).wire(w.service.port)

    return sent


def parts(w: World) -> list[bytes]:
    """A right access token in its three parts."""
    return w.someone.token.encode().split(b".")


def changed(**members: object) -> Callable[[World], bytes]:
    """A right token whose claims were changed after signing."""

    def make(w: World) -> bytes:
        header, payload, signature = parts(w)
        document = json.loads(jws.unb64(payload)) | members
        return b".".join((header, jws.b64(json.dumps(document).encode()), signature))

    return make


def headed(**members: object) -> Callable[[World], bytes]:
    """A right token under another header, with its claims signed by the sender's own key."""

    def make(w: World) -> bytes:
        document = jwt.decode(w.someone.token, options={"verify_signature": False})
        header = {**jwt.get_unverified_header(w.someone.token), **members}
        if header["alg"] == "none":
            payload = w.someone.token.split(".")[1].encode()
            return jws.b64(json.dumps(header).encode()) + b"." + payload + b"."
        return jwt.encode(document, OWN, "ES256", header).encode()

    return make


def by_public_key(w: World) -> bytes:
    """HS256 with the published key as the secret."""
    published = published_key(w)
    header = json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": published["kid"]}).encode()
    return jws.compact(header, jws.unb64(parts(w)[1]), json.dumps(published).encode())


def published_key(w: World) -> dict[str, str]:
    """The published key."""
    answer = send(w.service.port, Request("GET", "/.well-known/jwks.json"))
    key: dict[str, str] = answer.json()["keys"][0]
    return key


TOKENS: dict[str, tuple[str, Callable[[World], str | bytes]]] = {
    "none": ("CVE-2015-9235", headed(alg="none")),
    "own-key": (CONFUSION, headed()),
    "own-key-embedded": ("CVE-2018-0114", headed(jwk=own_jwk())),
    "own-key-jku": ("RFC 8725 section 2.9", headed(jku="http://127.0.0.1:1/keys")),
    "kid-unknown": ("RFC 8725 section 3.10", headed(kid="a")),
    "kid-path": ("RFC 8725 section 3.10", headed(kid="../../../dev/null")),
    "public-key-as-secret": ("CVE-2022-29217", by_public_key),
    "exp-later": ("RFC 7515 section 5.2", changed(exp=2**40)),
    "user-of-another": (
        "RFC 7515 section 5.2",
        changed(user_id="00000000-0000-0000-0000-000000000000"),
    ),
    "scope-more": ("RFC 7515 section 5.2", changed(scope="admin")),
    "typ-jwt": (TYPES, headed(typ="JWT")),
    "assertion": (TYPES, right),
    "assertion-typed": (TYPES, with_header(typ="at+jwt")),
    "signature-cut": ("RFC 7515 section 5.2", lambda w: w.someone.token[:-2]),
    "signature-absent": (
        "RFC 7515 section 5.2",
        lambda w: w.someone.token.rpartition(".")[0] + ".",
    ),
    "signature-zeros": ("CVE-2022-21449", lambda w: b".".join((*parts(w)[:2], jws.b64(bytes(64))))),
    "signature-der": (
        "RFC 7518 section 3.4",
        lambda w: b".".join((*parts(w)[:2], jws.b64(b"0\x06\x02\x01\x01\x02\x01\x01"))),
    ),
    "signature-malleable": ("RFC 7515 section 2", lambda w: w.someone.token + "="),
    "two-tokens": ("RFC 6750 section 2.1", lambda w: f"{w.someone.token} {w.someone.token}"),
    "comma": ("RFC 6750 section 2.1", lambda w: f"{w.someone.token},"),
    "quoted": ("RFC 6750 section 2.1", lambda w: f'"{w.someone.token}"'),
    "8-bit": ("RFC 6750 section 2.1", lambda _: b"\xff\xfe"),
    "dots": ("RFC 7515 section 7.1", lambda _: ".."),
    "client-secret": ("RFC 6750 section 2.1", lambda w: w.app.client_secret),
    "sql": ("CWE-89", lambda _: "a'--"),
    "8-kib": ("CWE-770", lambda w: w.someone.token + "A" * 8192),
}


def in_body(w: World) -> bytes:
    """The token as a form parameter (RFC 6750 section 2.2), which is not read."""
    body = b"access_token=" + w.someone.token.encode()
    return Request("POST", CLIENTS, (("Content-Type", FORM),), body).wire(w.service.port)


ROWS = [
    *(
        Hostile(f"token-{name}", source, bearer(make), (401,))
        for name, (source, make) in TOKENS.items()
    ),
    Hostile(
        "token-in-query",
        "RFC 6750 section 2.3",
        built(lambda w: Request("GET", f"{ME}?access_token={w.someone.token}")),
        (401,),
    ),
    Hostile("token-in-body", "RFC 6750 section 2.2", in_body, (401,)),
    Hostile(
        "token-as-basic",
        "RFC 6750 section 2.1",
        built(lambda w: Request("GET", ME, (("Authorization", f"Basic {w.someone.token}"),))),
        (401,),
    ),
    Hostile(
        "token-twice",
        "RFC 9110 section 11.6.2",
        built(lambda w: Request("GET", ME, (*w.someone.bearer.items(), *w.someone.bearer.items()))),
        (400,),
    ),
    Hostile(
        "token-of-a-client-for-a-password",
        "contract section 1.4",
        built(
            lambda w: Request(
                "PUT",
                f"{ME}/password",
                (
                    ("Authorization", f"Bearer {client_token(w.service, w.app)}"),
                    ("Content-Type", "application/json"),
                ),
                b'{"current_password":"a","new_password":"bbbbbbbbbbbbbbbb"}',
            )
        ),
        (403,),
    ),
    Hostile(
        "token-of-a-client-for-admin",
        "contract section 1.4",
        bearer(lambda w: client_token(w.service, w.app), path="/api/v1/users"),
        (403,),
    ),
    Hostile(
        "token-of-a-user-for-admin",
        "contract section 2",
        bearer(lambda w: w.someone.token, path="/api/v1/users"),
        (403,),
    ),
    Hostile(
        "token-at-the-token-endpoint",
        "RFC 6749 section 2.3",
        http(
            "POST",
            TOKEN,
            ("Content-Type", FORM),
            ("Authorization", "Bearer a"),
            body=b"grant_type=client_credentials",
        ),
        (401,),
    ),
    Hostile(
        "credential-of-another",
        "CWE-639",
        built(
            lambda w: Request(
                "GET", f"{CLIENTS}/{w.other.client_id}", tuple(w.someone.bearer.items())
            )
        ),
        (404,),
    ),
    Hostile(
        "credential-of-another-deleted",
        "CWE-639",
        built(
            lambda w: Request(
                "DELETE", f"{CLIENTS}/{w.other.client_id}", tuple(w.someone.bearer.items())
            )
        ),
        (404,),
    ),
    Hostile(
        "credential-unknown",
        "CWE-639",
        built(
            lambda w: Request(
                "GET",
                f"{CLIENTS}/00000000-0000-4000-8000-000000000000",
                tuple(w.someone.bearer.items()),
            )
        ),
        (404,),
    ),
]
