"""Client assertions that are forged, confused, replayed or borrowed (RFC 8725, RFC 7523)."""

import json
import time
from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests import jws
from tests.hostile.table import Hostile, Sent, built
from tests.protocol.assertions import (
    ABSENT,
    Make,
    ahead,
    claims,
    right,
    with_claims,
    with_header,
    with_header_text,
    with_key,
    with_payload,
    with_text,
)
from tests.protocol.table import World, by_jwt

CONFUSION = "RFC 8725 section 2.1"
AUDIENCE = "RFC 8725 section 3.9"
TYPES = "RFC 8725 section 3.11"
CLAIM = "RFC 7523 section 3"
JSON = "RFC 8725 section 3.3"
OWN = ec.generate_private_key(ec.SECP256R1())


def unsigned(alg: str) -> Make:
    """No signature at all, under some spelling of `none`."""
    return lambda w: jws.b64(jws.dump({"alg": alg})) + b"." + jws.b64(jws.dump(claims(w))) + b"."


def own_key(**header: object) -> Make:
    """Signed by a key of the sender's own, which the header may offer."""
    return lambda w: jwt.encode(claims(w), OWN, "ES256", dict(header)).encode()


def own_jwk() -> Mapping[str, object]:
    """The sender's own key."""
    point = OWN.public_key().public_numbers()
    x, y = (jws.b64(number.to_bytes(32)).decode() for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def zeros(w: World) -> bytes:
    """An ES256 signature of (0, 0)."""
    return (
        jws.b64(b'{"alg":"ES256"}')
        + b"."
        + jws.b64(jws.dump(claims(w)))
        + b"."
        + jws.b64(bytes(64))
    )


def encrypted(_: World) -> bytes:
    """Five parts: a JWE, whose content could be a bomb."""
    return jws.b64(b'{"alg":"dir","enc":"A256GCM","zip":"DEF"}') + b"..AAAA.AAAA.AAAA"


def json_form(w: World) -> bytes:
    """The JWS JSON serialization."""
    header, payload, signature = right(w).split(b".")
    members = {"protected": header, "payload": payload, "signature": signature}
    return json.dumps({name: value.decode() for name, value in members.items()}).encode()


def both_forms(w: World) -> bytes:
    """The JSON serialization with the compact one inside."""
    return b'{"' + right(w) + b'":"","payload":"e30"}'


ASSERTIONS: dict[str, tuple[str, Make]] = {
    **{
        f"none-{alg}": ("CVE-2015-9235", unsigned(alg))
        for alg in ("none", "None", "NONE", "nOnE", "")
    },
    "own-key": (CONFUSION, own_key()),
    "own-key-embedded": ("CVE-2018-0114", own_key(jwk=own_jwk())),
    "own-key-by-url": ("RFC 8725 section 2.9", own_key(jku="http://127.0.0.1:1/keys")),
    "own-key-x5u": ("RFC 8725 section 2.9", own_key(x5u="http://127.0.0.1:1/keys")),
    "own-key-x5c": ("RFC 8725 section 2.9", own_key(x5c=["AAAA"])),
    "kid-path": ("RFC 8725 section 3.10", with_header(kid="../../dev/null", x=1)),
    "kid-sql": ("RFC 8725 section 3.10", with_header(kid="a' UNION SELECT 'b", x=1)),
    "key-empty": ("CVE-2020-28042", with_key(lambda _: b"")),
    "key-nul": (CONFUSION, with_key(lambda _: b"\0")),
    "key-of-another-client": (CONFUSION, with_key(lambda w: w.other.client_secret.encode())),
    "key-client-id": (CONFUSION, with_key(lambda w: w.app.client_id.encode())),
    "zeros": ("CVE-2022-21449", zeros),
    "alg-unknown": (CONFUSION, with_header(alg="HS1")),
    "alg-lower-case": (CONFUSION, with_header(alg="hs256")),
    "alg-list": (CONFUSION, with_header(alg=["HS256"])),
    "alg-null": (CONFUSION, with_header(alg=None)),
    "alg-absent": (CONFUSION, with_header(alg=ABSENT)),
    "alg-twice": (JSON, with_header('"alg":"none"')),
    "alg-other-hash": (CONFUSION, with_header(alg="HS512")),
    "alg-rs256": ("CVE-2016-10555", with_header(alg="RS256")),
    "alg-es256": ("CVE-2016-10555", with_header(alg="ES256")),
    "crit": ("RFC 7515 section 4.1.11", with_header(crit=["exp"])),
    "crit-empty": ("RFC 7515 section 4.1.11", with_header(crit=[])),
    "b64-false": ("RFC 7797 section 6", with_header(b64=False, crit=["b64"])),
    "zip": ("CVE-2024-33664", with_header(zip="DEF")),
    "typ-access-token": (TYPES, with_header(typ="at+jwt")),
    "typ-number": (TYPES, with_header(typ=1)),
    "jwe": ("CVE-2024-33664", encrypted),
    "json-form": ("CVE-2022-39227", json_form),
    "both-forms": ("CVE-2022-39227", both_forms),
    "signature-cut": (JSON, with_text(lambda text: text[:-2])),
    "signature-padded": ("RFC 7515 section 2", with_text(lambda text: text + b"=")),
    "signature-absent": (JSON, with_text(lambda text: text.rpartition(b".")[0] + b".")),
    "four-parts": ("RFC 7515 section 7.1", with_text(lambda text: text + b".AAAA")),
    "line-break": ("RFC 7515 section 2", with_text(lambda text: text[:9] + b"\n" + text[9:])),
    "other-alphabet": (
        "RFC 7515 section 2",
        with_text(lambda text: text.replace(b"-", b"+").replace(b"_", b"/") + b"+"),
    ),
    "header-array": (JSON, with_header_text(b'[{"alg":"HS256"}]')),
    "header-deep": ("CWE-674", with_header_text(b'{"alg":' + b"[" * 2000 + b"]" * 2000 + b"}")),
    "header-utf-16": (JSON, with_header_text('{"alg":"HS256"}'.encode("utf-16"))),
    "header-bom": (JSON, with_header_text(b'\xef\xbb\xbf{"alg":"HS256"}')),
    "claims-array": (JSON, with_payload(lambda text: b"[" + text + b"]")),
    "claims-deep": (
        "CWE-674",
        with_payload(lambda text: text[:-1] + b',"x":' + b"[" * 2000 + b"]" * 2000 + b"}"),
    ),
    "claims-nan": (JSON, with_claims('"x":NaN')),
    "claims-digits": ("CVE-2020-10735", with_claims(f'"x":{"9" * 5000}')),
    "claims-nul": ("CWE-158", with_claims('"x":"\\u0000"')),
    "claims-surrogate": ("CWE-176", with_claims('"x":"\\ud800"')),
    "claims-not-utf-8": (JSON, with_payload(lambda text: text[:-1] + b',"x":"\xff"}')),
    "sub-twice": (JSON, with_claims('"sub":"a"')),
    "aud-twice": (JSON, with_claims('"aud":"a"')),
    "iss-other": (CLAIM, with_claims(iss="a")),
    "iss-prefix": ("CVE-2024-53861", with_claims(iss=lambda w: w.app.client_id[:-1])),
    "iss-list": (CLAIM, with_claims(iss=lambda w: [w.app.client_id])),
    "sub-of-another": (CLAIM, with_claims(sub=lambda w: w.other.client_id)),
    "sub-list": (CLAIM, with_claims(sub=lambda w: [w.app.client_id])),
    "sub-unknown": (CLAIM, with_claims(sub="00000000-0000-4000-8000-000000000000")),
    "aud-other": (AUDIENCE, with_claims(aud="https://as.example")),
    "aud-two": ("RFC 10070", with_claims(aud=lambda w: [w.issuer, "https://as.example"])),
    "aud-slash": (AUDIENCE, with_claims(aud=lambda w: w.issuer + "/")),
    "aud-absent": (AUDIENCE, with_claims(aud=ABSENT)),
    "aud-null": (AUDIENCE, with_claims(aud=None)),
    "aud-object": (AUDIENCE, with_claims(aud={})),
    "exp-past": (CLAIM, with_claims(exp=ahead(-60))),
    "exp-far": (CLAIM, with_claims(exp=ahead(86_400))),
    "exp-absent": (CLAIM, with_claims(exp=ABSENT)),
    "exp-text": (CLAIM, with_claims(exp=lambda _: str(int(time.time()) + 60))),
    "exp-true": (CLAIM, with_claims(exp=lambda _: True)),
    "exp-1e400": (CLAIM, with_claims(exp=jws.Literal("1e400"))),
    "exp-2-53": (CLAIM, with_claims(exp=2**53)),
    "exp-negative": (CLAIM, with_claims(exp=-1)),
    "nbf-future": (CLAIM, with_claims(nbf=ahead(300))),
    "iat-future": (CLAIM, with_claims(iat=ahead(300))),
    "iat-text": (CLAIM, with_claims(iat="now")),
    "jti-absent": (CLAIM, with_claims(jti=ABSENT)),
    "jti-empty": (CLAIM, with_claims(jti="")),
    "jti-number": (CLAIM, with_claims(jti=5)),
    "jti-nul": ("CWE-158", with_claims(jti="a\0b")),
    "access-token": (TYPES, lambda w: w.someone.token.encode()),
    "empty-parts": (JSON, lambda _: b".."),
    "markup": ("CWE-79", lambda _: b"<script>"),
}


def presented(make: Make) -> Sent:
    """A request with what is made as its client assertion."""
    return built(lambda w: by_jwt(make(w)))


def used_before(w: World) -> bytes:
    """A right assertion twice on one connection."""
    request = by_jwt(right(w)).wire(w.service.port)
    return request.replace(b"Connection: close", b"X: y") + request


def of_deleted(w: World) -> bytes:
    """A secret that its owner has deleted."""
    return jws.compact(
        b'{"alg":"HS256"}', jws.dump(claims(w, w.deleted)), w.deleted.client_secret.encode()
    )


ROWS = [
    *(
        Hostile(f"assertion-{name}", source, presented(make), (401,))
        for name, (source, make) in ASSERTIONS.items()
    ),
    Hostile("assertion-used-before", "RFC 7523 section 3", used_before, (200, 401)),
    Hostile(
        "assertion-of-deleted",
        "contract section 1.4",
        built(lambda w: by_jwt(of_deleted(w))),
        (401,),
    ),
]
