"""Assertions whose header or key is wrong: algorithm, key, and members that move the key.

RFC 7515 section 4.1, RFC 7518 section 3, RFC 8725 sections 3.1 and 3.11, RFC 10070 (the type). The
trap: the algorithm follows from the client's key, never from what the header asks for.
"""

import base64
import hashlib

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import jws
from tests.people import client_token
from tests.protocol.assertions import (
    ABSENT,
    Make,
    cases,
    claims,
    right,
    signed,
    with_claims,
    with_header,
    with_key,
    with_text,
)
from tests.protocol.checks import assertion_refusal
from tests.protocol.table import World, by_jwt
from tests.raw import Answer, send

ALG = "RFC 8725 section 3.1"
NONE = "RFC 7518 section 3.6"
KEY = "RFC 7523 section 3"
MEMBERS = "RFC 7515 section 4.1"
CRIT = "RFC 7515 section 4.1.11"
TYP = "RFC 10070"
OWN_KEY = b"a key of the sender's own, long enough"


def unsigned(alg: str, signature: bytes = b"") -> Make:
    """`alg: none` in one of its spellings (RFC 7519 section 6)."""
    return lambda w: b".".join(
        (jws.b64(jws.dump({"alg": alg})), jws.b64(jws.dump(claims(w))), signature)
    )


def public_key(
    w: World, encoding: serialization.Encoding, form: serialization.PublicFormat
) -> bytes:
    """The server's own public key, which anyone can fetch."""
    published = httpx.get(w.service.url + "/.well-known/jwks.json", trust_env=False).json()["keys"][
        0
    ]
    key = jwt.PyJWK(published).key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_bytes(encoding, form)


def pem(w: World) -> bytes:
    """The same as PEM, the classic of algorithm confusion."""
    return public_key(
        w, serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def der(w: World) -> bytes:
    """The same as DER."""
    return public_key(
        w, serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def own_ec_key(w: World) -> bytes:
    """Really signed with ES256, by a key that nobody registered."""
    return jwt.encode(claims(w), ec.generate_private_key(ec.SECP256R1()), "ES256").encode()


def own_jwk(w: World) -> bytes:
    """A key in the header, and the assertion signed with it."""
    jwk = {"kty": "oct", "k": jws.b64(OWN_KEY).decode()}
    return jws.compact(jws.dump({"alg": "HS256", "jwk": jwk}), jws.dump(claims(w)), OWN_KEY)


def swapped_payload(w: World) -> bytes:
    """Header and signature of one right assertion around the claims of another."""
    head, _, mac = right(w).split(b".")
    return b".".join((head, jws.b64(jws.dump(claims(w))), mac))


def detached(w: World) -> bytes:
    """RFC 7797: the payload unencoded, which a JWT may never be."""
    head, payload = jws.b64(b'{"alg":"HS256","b64":false,"crit":["b64"]}'), jws.dump(claims(w))
    mac = jws.signature(head + b"." + payload, w.app.client_secret.encode())
    return head + b"." + jws.b64(payload) + b"." + jws.b64(mac)


BAD: dict[str, tuple[str, Make]] = {
    "none": (NONE, unsigned("none")),
    "none-capital": (NONE, unsigned("None")),
    "none-capitals": (NONE, unsigned("NONE")),
    "none-mixed": (NONE, unsigned("nOnE")),
    "none-with-signature": (NONE, with_header(alg="none")),
    "alg-absent": (MEMBERS, with_header(alg=ABSENT)),
    "alg-null": (ALG, with_header(alg=None)),
    "alg-empty": (ALG, with_header(alg="")),
    "alg-number": (ALG, with_header(alg=256)),
    "alg-array": (ALG, with_header(alg=["HS256"])),
    "alg-object": (ALG, with_header(alg={"HS256": 1})),
    "alg-lower-case": (ALG, with_header(alg="hs256")),
    "alg-space-after": (ALG, with_header(alg="HS256 ")),
    "alg-unknown": (ALG, with_header(alg="HS1")),
    "alg-rs256-with-hmac": (ALG, with_header(alg="RS256")),
    "alg-es256-with-hmac": (ALG, with_header(alg="ES256")),
    "alg-ps256-with-hmac": (ALG, with_header(alg="PS256")),
    "alg-eddsa-with-hmac": (ALG, with_header(alg="EdDSA")),
    "alg-es256-own-key": (ALG, own_ec_key),
    "alg-a256kw": (ALG, with_header(alg="A256KW", enc="A256GCM")),
    "alg-hs384-signed-with-hs256": (ALG, with_header(alg="HS384")),
    "alg-hs256-signed-with-hs512": (ALG, lambda w: signed(w, jws.dump(claims(w)), alg="HS512")),
    "server-public-key-pem": (ALG, with_key(pem)),
    "server-public-key-pem-stripped": (ALG, with_key(lambda w: pem(w).strip())),
    "server-public-key-der": (ALG, with_key(der)),
    "secret-wrong": (KEY, with_key(lambda _: b"ths_" + b"A" * 60)),
    "secret-empty": (KEY, with_key(lambda _: b"")),
    "secret-of-another": (KEY, with_key(lambda w: w.other.client_secret.encode())),
    "secret-of-deleted": (KEY, with_key(lambda w: w.deleted.client_secret.encode())),
    "secret-is-client-id": (KEY, with_key(lambda w: w.app.client_id.encode())),
    "secret-lower-case": (KEY, with_key(lambda w: w.app.client_secret.lower().encode())),
    "secret-line-end": (KEY, with_key(lambda w: w.app.client_secret.encode() + b"\n")),
    "secret-without-prefix": (
        KEY,
        with_key(lambda w: w.app.client_secret.removeprefix("ths_").encode()),
    ),
    "secret-hashed": (
        KEY,
        with_key(lambda w: hashlib.sha256(w.app.client_secret.encode()).digest()),
    ),
    "secret-in-base64": (KEY, with_key(lambda w: base64.b64encode(w.app.client_secret.encode()))),
    "signature-of-other-claims": (KEY, swapped_payload),
    "header-altered": (KEY, with_text(lambda t: jws.b64(b'{"alg": "HS256"}') + t[t.index(b".") :])),
    "claims-altered": (
        KEY,
        with_text(lambda t: t.split(b".")[0] + b"." + jws.b64(b"{}") + t[t.rindex(b".") :]),
    ),
    "access-token-as-assertion": (KEY, lambda w: client_token(w.service, w.app).encode()),
    "user-token-as-assertion": (KEY, lambda w: w.someone.token.encode()),
    "crit-b64": (CRIT, detached),
    "crit-unknown": (CRIT, with_header(crit=["x"], x=1)),
    "crit-known": (CRIT, with_header(crit=["alg"])),
    "crit-empty": (CRIT, with_header(crit=[])),
    "crit-string": (CRIT, with_header(crit="exp")),
    "b64-false": (MEMBERS, with_header(b64=False)),
    "b64-true": (MEMBERS, with_header(b64=True)),
    "zip": (MEMBERS, with_header(zip="DEF")),
    "enc": (MEMBERS, with_header(enc="A256GCM")),
    "jwk-signed-with-it": (MEMBERS, own_jwk),
    "jwk-beside-right-signature": (
        MEMBERS,
        with_header(jwk={"kty": "oct", "k": jws.b64(OWN_KEY).decode()}),
    ),
    "jku": (MEMBERS, with_header(jku="http://127.0.0.1:9/jwks.json")),
    "x5u": (MEMBERS, with_header(x5u="http://127.0.0.1:9/cert.pem")),
    "x5c": (MEMBERS, with_header(x5c=["MAA="])),
    "x5t": (MEMBERS, with_header(x5t="AAAA")),
    "x5t-s256": (MEMBERS, with_header('"x5t#S256":"AAAA"')),
    "kid-number": ("RFC 7515 section 4.1.4", with_header(kid=5)),
    "kid-null": ("RFC 7515 section 4.1.4", with_header(kid=None)),
    "kid-array": ("RFC 7515 section 4.1.4", with_header(kid=["a"])),
    "kid-257-octets": ("RFC 7515 section 4.1.4", with_header(kid="a" * 257)),
    "kid-nul": ("RFC 7515 section 4.1.4", with_header(kid="a\0")),
    "typ-empty": (TYP, with_header(typ="")),
    "typ-null": (TYP, with_header(typ=None)),
    "typ-number": (TYP, with_header(typ=5)),
    "typ-array": (TYP, with_header(typ=["JWT"])),
    "typ-access-token": (TYP, with_header(typ="at+jwt")),
    "typ-application-access-token": (TYP, with_header(typ="application/at+jwt")),
    "typ-jose": (TYP, with_header(typ="JOSE")),
    "typ-security-event": (TYP, with_header(typ="secevent+jwt")),
    "typ-dpop": (TYP, with_header(typ="dpop+jwt")),
    "typ-text": (TYP, with_header(typ="text/jwt")),
    "typ-application-twice": (TYP, with_header(typ="application/application/jwt")),
    "typ-space-after": (TYP, with_header(typ="JWT ")),
    "typ-with-parameter": (TYP, with_header(typ="client-authentication+jwt;v=1")),
    "header-nul": (MEMBERS, with_header(kid=jws.Literal('"\\u0000"'))),
    "header-nan": (MEMBERS, with_header(kid=jws.Literal("NaN"))),
    "header-lone-surrogate": (MEMBERS, with_header(kid=jws.Literal('"\\udc00"'))),
    "wrong-secret-and-past": (
        KEY,
        lambda w: jws.compact(b'{"alg":"HS256"}', with_claims(exp=1)(w), OWN_KEY),
    ),
}


@cases(BAD)
def test_assertion_with_a_wrong_header_or_key_is_refused(
    make: Make, world: World, refused: Answer
) -> None:
    request = by_jwt(make(world))
    assertion_refusal(send(world.service.port, request), request, refused)
