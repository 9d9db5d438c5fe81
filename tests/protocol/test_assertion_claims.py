"""Assertions whose claims are wrong: who, for whom, when, and once.

RFC 7523 section 3, RFC 10070 (the issuer as sole audience), RFC 7519 section 4.1. Each is signed
with the client's true secret and has one thing wrong, so that nothing but that claim can have been
the reason.
"""

import time
from uuid import uuid4

import pytest

from tests import jws
from tests.people import TOKEN
from tests.protocol.assertions import (
    ABSENT,
    Change,
    Make,
    ahead,
    cases,
    claims,
    signed,
    with_claims,
)
from tests.protocol.checks import assertion_refusal
from tests.protocol.table import World, by_jwt
from tests.raw import Answer, send

WHO = "RFC 7523 section 3"
AUDIENCE = "RFC 10070"
EXP = "RFC 7519 section 4.1.4"
NBF = "RFC 7519 section 4.1.5"
IAT = "RFC 7519 section 4.1.6"
JTI = "RFC 7519 section 4.1.7"
NUMBER = "RFC 7519 section 2"

LEEWAY = 30
LIMIT = 3600
DIGITS = 5000


def both(change: Change) -> Make:
    """`iss` and `sub` alike, and wrong."""
    return with_claims(iss=change, sub=change)


def literal(text: str) -> jws.Literal:
    """A JSON number that Python cannot write."""
    return jws.Literal(text)


BAD: dict[str, tuple[str, Make]] = {
    "iss-absent": (WHO, with_claims(iss=ABSENT)),
    "iss-null": (WHO, with_claims(iss=None)),
    "iss-empty": (WHO, with_claims(iss="")),
    "iss-number": (WHO, with_claims(iss=5)),
    "iss-array": (WHO, with_claims(iss=lambda w: [w.app.client_id])),
    "iss-of-another": (WHO, with_claims(iss=lambda w: w.other.client_id)),
    "iss-user": (WHO, with_claims(iss=lambda w: w.someone.id)),
    "iss-space-after": (WHO, with_claims(iss=lambda w: w.app.client_id + " ")),
    "iss-nul-after": (WHO, with_claims(iss=lambda w: w.app.client_id + "\0")),
    "sub-absent": (WHO, with_claims(sub=ABSENT)),
    "sub-null": (WHO, with_claims(sub=None)),
    "sub-number": (WHO, with_claims(sub=5)),
    "sub-array": (WHO, with_claims(sub=lambda w: [w.app.client_id])),
    "sub-object": (WHO, with_claims(sub=lambda w: {"client_id": w.app.client_id})),
    "sub-of-another": (WHO, with_claims(sub=lambda w: w.other.client_id)),
    "sub-user": (WHO, with_claims(sub=lambda w: w.someone.id)),
    "sub-nul-after": (WHO, with_claims(sub=lambda w: w.app.client_id + "\0")),
    "client-of-another": (WHO, both(lambda w: w.other.client_id)),
    "client-unknown": (WHO, both(str(uuid4()))),
    "client-deleted": (WHO, both(lambda w: w.deleted.client_id)),
    "client-first-party": (WHO, both("first-party")),
    "client-not-a-uuid": (WHO, both("client")),
    "client-upper-case": (WHO, both(lambda w: w.app.client_id.upper())),
    "client-without-hyphens": (WHO, both(lambda w: w.app.client_id.replace("-", ""))),
    "client-as-urn": (WHO, both(lambda w: "urn:uuid:" + w.app.client_id)),
    "client-lone-surrogate": (WHO, both(jws.Literal('"\\ud800"'))),
    "aud-absent": (AUDIENCE, with_claims(aud=ABSENT)),
    "aud-null": (AUDIENCE, with_claims(aud=None)),
    "aud-empty": (AUDIENCE, with_claims(aud="")),
    "aud-number": (AUDIENCE, with_claims(aud=5)),
    "aud-object": (AUDIENCE, with_claims(aud=lambda w: {w.issuer: True})),
    "aud-another": (AUDIENCE, with_claims(aud="https://as.example")),
    "aud-client": (AUDIENCE, with_claims(aud=lambda w: w.app.client_id)),
    "aud-slash-after": (AUDIENCE, with_claims(aud=lambda w: w.issuer + "/")),
    "aud-upper-case": (AUDIENCE, with_claims(aud=lambda w: w.issuer.upper())),
    "aud-other-path": (AUDIENCE, with_claims(aud=lambda w: w.issuer + "/api/v1/clients")),
    "aud-path-alone": (AUDIENCE, with_claims(aud=TOKEN)),
    "aud-prefix": (AUDIENCE, with_claims(aud=lambda w: w.issuer[:-1])),
    "aud-empty-array": (AUDIENCE, with_claims(aud=[])),
    "aud-array-with-another": (
        AUDIENCE,
        with_claims(aud=lambda w: [w.issuer, "https://as.example"]),
    ),
    "aud-array-twice-right": (AUDIENCE, with_claims(aud=lambda w: [w.issuer, w.issuer])),
    "aud-array-both-right": (AUDIENCE, with_claims(aud=lambda w: [w.issuer, w.token_endpoint])),
    "aud-array-of-another": (AUDIENCE, with_claims(aud=["https://as.example"])),
    "aud-array-in-array": (AUDIENCE, with_claims(aud=lambda w: [[w.issuer]])),
    "aud-array-with-number": (AUDIENCE, with_claims(aud=lambda w: [w.issuer, 5])),
    "exp-absent": (EXP, with_claims(exp=ABSENT)),
    "exp-null": (EXP, with_claims(exp=None)),
    "exp-string": (EXP, with_claims(exp=lambda w: str(claims(w)["exp"]))),
    "exp-true": (EXP, with_claims(exp=True)),
    "exp-array": (EXP, with_claims(exp=lambda w: [claims(w)["exp"]])),
    "exp-zero": (EXP, with_claims(exp=0)),
    "exp-negative": (EXP, with_claims(exp=-1)),
    "exp-past": (EXP, with_claims(exp=ahead(-LEEWAY - 10))),
    "exp-too-far": (EXP, with_claims(exp=ahead(LIMIT + LEEWAY + 60))),
    "exp-milliseconds": (EXP, with_claims(exp=lambda w: claims(w)["exp"] * 1000)),
    "exp-2-to-the-53": (NUMBER, with_claims(exp=2**53)),
    "exp-10-to-the-30": (NUMBER, with_claims(exp=10**30)),
    "exp-5000-digits": (NUMBER, with_claims(exp=literal("9" * DIGITS))),
    "exp-1e400": (NUMBER, with_claims(exp=literal("1e400"))),
    "exp-nan": (NUMBER, with_claims(exp=literal("NaN"))),
    "exp-infinity": (NUMBER, with_claims(exp=literal("Infinity"))),
    "exp-hexadecimal": (NUMBER, with_claims(exp=literal("0x7fffffff"))),
    "exp-plus-sign": (NUMBER, with_claims(exp=lambda w: literal(f"+{claims(w)['exp']}"))),
    "exp-leading-zero": (NUMBER, with_claims(exp=lambda w: literal(f"0{claims(w)['exp']}"))),
    "nbf-future": (NBF, with_claims(nbf=ahead(LEEWAY + 60))),
    "nbf-zero": (NUMBER, with_claims(nbf=0)),
    "nbf-negative": (NUMBER, with_claims(nbf=-1)),
    "nbf-string": (NBF, with_claims(nbf="0")),
    "nbf-true": (NBF, with_claims(nbf=True)),
    "nbf-null": (NBF, with_claims(nbf=None)),
    "nbf-1e400": (NBF, with_claims(nbf=literal("1e400"))),
    "nbf-minus-1e400": (NBF, with_claims(nbf=literal("-1e400"))),
    "iat-future": (IAT, with_claims(iat=ahead(LEEWAY + 60))),
    "iat-string": (IAT, with_claims(iat=lambda w: str(claims(w)["iat"]))),
    "iat-false": (IAT, with_claims(iat=False)),
    "iat-null": (IAT, with_claims(iat=None)),
    "iat-10-to-the-30": (IAT, with_claims(iat=10**30)),
    "jti-absent": (JTI, with_claims(jti=ABSENT)),
    "jti-null": (JTI, with_claims(jti=None)),
    "jti-empty": (JTI, with_claims(jti="")),
    "jti-number": (JTI, with_claims(jti=5)),
    "jti-array": (JTI, with_claims(jti=["a"])),
    "jti-257-octets": (JTI, with_claims(jti="a" * 257)),
    "jti-258-octets-of-129-letters": (
        JTI,
        with_claims(jti=jws.Literal('"' + "\\u00e9" * 129 + '"')),
    ),
    "jti-nul": (JTI, with_claims(jti="a\0b")),
    "jti-lone-surrogate": (JTI, with_claims(jti=jws.Literal('"\\ud83d"'))),
    "secret-in-claims-only": (
        WHO,
        lambda w: signed(w, jws.dump({"client_secret": w.app.client_secret})),
    ),
}


@cases(BAD)
def test_assertion_with_a_wrong_claim_is_refused(make: Make, world: World, refused: Answer) -> None:
    request = by_jwt(make(world))
    assertion_refusal(send(world.service.port, request), request, refused)


@pytest.mark.parametrize(
    ("claim", "beyond"),
    [
        pytest.param("exp", LIMIT + LEEWAY, marks=pytest.mark.clause(EXP)),
        pytest.param("nbf", LEEWAY, marks=pytest.mark.clause(NBF)),
        pytest.param("iat", LEEWAY, marks=pytest.mark.clause(IAT)),
    ],
)
def test_a_time_within_a_second_beyond_the_limit_is_refused(
    claim: str, beyond: int, world: World
) -> None:
    answers = [  # one that is long on its way may become good
        send(
            world.service.port,
            by_jwt(with_claims("", **{claim: time.time() + beyond + 0.95})(world)),
        )
        for _ in range(5)
    ]
    assert 401 in {answer.status for answer in answers}


@pytest.mark.clause(EXP)
def test_the_leeway_ends_within_a_second(world: World) -> None:
    request = by_jwt(with_claims(exp=time.time() - LEEWAY - 0.05)(world))
    assert send(world.service.port, request).status == 401
