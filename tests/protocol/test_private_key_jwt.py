"""`private_key_jwt`: which key signs, for whom, and that nothing else passes for it.

RFC 7523 sections 2.2 and 3, RFC 10070, RFC 8725 section 3.1. The traps: an algorithm that is not
the key's, a key that the assertion brings itself, the HMAC of a public key, and the token
endpoint's URL as audience, which is let through for secrets alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from tests import jws, keypair
from tests.conftest import MakeCredential
from tests.keypair import ALGORITHMS, KeyPair
from tests.people import Credential
from tests.proofs import claims, keys_of
from tests.protocol.assertions import ahead
from tests.protocol.checks import assertion_refusal, token_response
from tests.protocol.table import CLIENT_CREDENTIALS, World, by_basic, by_jwt, secret_jwt
from tests.raw import Answer, send

METHOD = "RFC 7523 section 2.2"
WHO = "RFC 7523 section 3"
AUDIENCE = "RFC 10070"
ALG = "RFC 8725 section 3.1"
KID = "RFC 7515 section 4.1.4"
MEMBERS = "RFC 7515 section 4.1"
ONCE = "RFC 7519 section 4.1.7"


@dataclass(frozen=True)
class Keys:
    """App credentials with a key of every kind, each under a `kid` of its own."""

    world: World
    app: Credential
    pairs: dict[str, KeyPair]

    def make(self, alg: str = "ES256", /, **changes: object) -> bytes:
        """A right assertion but for `changes` of its claims."""
        return self.pairs[alg].compact(claims(self.world.service, self.app.client_id, **changes))

    def headed(self, alg: str = "ES256", /, **members: object) -> bytes:
        """A right assertion but for members of its header."""
        return self.pairs[alg].compact(claims(self.world.service, self.app.client_id), members)


Make = Callable[[Keys], bytes]


@pytest.fixture(scope="module")
def owner(world: World, http: httpx.Client, credential: MakeCredential) -> Keys:
    """Keys of every kind, registered."""
    app, pairs = credential(world.someone), {alg: keypair.make(alg) for alg in ALGORITHMS}
    jwks = [{**pair.public, "kid": alg} for alg, pair in pairs.items()]
    answer = http.put(keys_of(app), json={"keys": jwks}, headers=app.owner.bearer)
    assert answer.status_code == 200, answer.text
    return Keys(world, app, pairs)


def cases(table: dict[str, tuple[str, Make]]) -> pytest.MarkDecorator:
    """Run a test once an assertion, named, with the clause that it shows."""
    return pytest.mark.parametrize(
        "make",
        [
            pytest.param(make, id=name, marks=pytest.mark.clause(at))
            for name, (at, make) in table.items()
        ],
    )


def by(alg: str) -> Make:
    """A right assertion, the key found by its algorithm."""
    return lambda k: k.make(alg)


def named(alg: str) -> Make:
    """A right assertion, the key found by its name."""
    return lambda k: k.headed(alg, kid=alg)


def of_8_kib(k: Keys) -> bytes:
    """A right assertion as long as one may be; of its octets 108 are not the payload's."""
    bare = len(k.make(pad="")) - 108
    text = k.make(pad="a" * ((8192 - 108) * 3 // 4 - bare * 3 // 4))
    assert len(text) == 8192
    return text


GOOD: dict[str, tuple[str, Make]] = {
    **{alg.lower(): (METHOD, by(alg)) for alg in ALGORITHMS},
    **{f"{alg.lower()}-by-kid": (KID, named(alg)) for alg in ALGORITHMS},
    "eddsa-key-as-ed25519": (ALG, lambda k: k.headed("EdDSA", alg="Ed25519", kid="EdDSA")),
    "aud-array-of-one": (AUDIENCE, lambda k: k.make(aud=[k.world.issuer])),
    "typ-jwt": (AUDIENCE, lambda k: k.headed(typ="JWT")),
    "typ-client-authentication": (AUDIENCE, lambda k: k.headed(typ="client-authentication+jwt")),
    "exp-just-past": (WHO, lambda k: k.make(exp=ahead(-5)(k.world))),
    "exp-an-hour": (WHO, lambda k: k.make(exp=ahead(3600)(k.world))),
    "nbf-now": (WHO, lambda k: k.make(nbf=ahead(0)(k.world))),
    "8-kib": ("RFC 7515 section 5.2", of_8_kib),
}


@cases(GOOD)
def test_right_assertion_gets_a_token(make: Make, owner: Keys) -> None:
    answer = send(owner.world.service.port, by_jwt(make(owner)))
    got = token_response(
        answer,
        owner.world.service,
        user_id=owner.app.owner.id,
        client_id=owner.app.client_id,
    )
    assert got["sub"] == owner.app.client_id


def hmac_with_public_key(k: Keys) -> bytes:
    """The classic of algorithm confusion: the public key taken for a secret."""
    numbers = jws.dump(k.pairs["ES256"].public)
    return jws.compact(
        b'{"alg":"HS256","kid":"ES256"}',
        jws.dump(claims(k.world.service, k.app.client_id)),
        numbers,
    )


def hmac_relabelled(k: Keys) -> bytes:
    """An HMAC by the true secret, under the name of a signature."""
    payload = jws.dump(claims(k.world.service, k.app.client_id))
    return jws.compact(b'{"alg":"ES256"}', payload, k.app.client_secret.encode())


def in_der(k: Keys) -> bytes:
    """A right signature in the form that other formats use (RFC 7518 section 3.4)."""
    head, payload, raw = k.make().split(b".")
    r, s = jws.unb64(raw)[:32], jws.unb64(raw)[32:]
    body = b"".join(b"\x02" + bytes([len(n)]) + n for n in (b"\0" + r, b"\0" + s))
    return b".".join((head, payload, jws.b64(b"\x30" + bytes([len(body)]) + body)))


def signature(change: Callable[[bytes], bytes], alg: str = "ES256") -> Make:
    """A right assertion whose signature was tampered with."""

    def make(k: Keys) -> bytes:
        signed, _, raw = k.make(alg).rpartition(b".")
        return signed + b"." + jws.b64(change(jws.unb64(raw)))

    return make


def by_stranger(k: Keys) -> bytes:
    """Signed by a key that nobody registered."""
    return keypair.make("ES256").compact(claims(k.world.service, k.app.client_id))


def own_jwk(k: Keys) -> bytes:
    """A key in the header, and the assertion signed with it."""
    pair = keypair.make("ES256")
    return pair.compact(claims(k.world.service, k.app.client_id), {"jwk": pair.public})


BAD: dict[str, tuple[str, Make]] = {
    "key-of-nobody": (WHO, by_stranger),
    "key-in-the-header": (MEMBERS, own_jwk),
    "key-at-a-url": (MEMBERS, lambda k: k.headed(jku="http://127.0.0.1:9/jwks.json")),
    "certificate": (MEMBERS, lambda k: k.headed(x5c=["MAA="])),
    "crit": ("RFC 7515 section 4.1.11", lambda k: k.headed(crit=["exp"])),
    "kid-of-another-key": (KID, lambda k: k.headed("ES256", kid="ES384")),
    "kid-of-another-key-of-the-same-kind": (KID, lambda k: k.headed("PS256", kid="RS256")),
    "kid-unknown": (KID, lambda k: k.headed(kid="unknown")),
    "kid-case": (KID, lambda k: k.headed(kid="es256")),
    "kid-empty": (KID, lambda k: k.headed(kid="")),
    "alg-not-the-key-s-es384": (ALG, lambda k: k.headed("ES256", alg="ES384")),
    "alg-not-the-key-s-rs256": (ALG, lambda k: k.headed("EdDSA", alg="RS256")),
    "alg-none": (ALG, lambda k: k.headed(alg="none")),
    "alg-es512": (ALG, lambda k: k.headed(alg="ES512")),
    "alg-es256k": (ALG, lambda k: k.headed(alg="ES256K")),
    "alg-rs1": (ALG, lambda k: k.headed("RS256", alg="RS1")),
    "alg-rs512": (ALG, lambda k: k.headed("RS256", alg="RS512")),
    "alg-lower-case": (ALG, lambda k: k.headed(alg="es256")),
    "hmac-with-the-public-key": (ALG, hmac_with_public_key),
    "hmac-relabelled": (ALG, hmac_relabelled),
    "signature-in-der": ("RFC 7518 section 3.4", in_der),
    "signature-zeros": (WHO, signature(lambda raw: bytes(len(raw)))),
    "signature-shortened": (WHO, signature(lambda raw: raw[:-1])),
    "signature-lengthened": (WHO, signature(lambda raw: raw + b"\0")),
    "signature-halves-swapped": (WHO, signature(lambda raw: raw[32:] + raw[:32])),
    "signature-altered-rsa": (WHO, signature(lambda raw: raw[:-1] + b"\0", "RS256")),
    "signature-zeros-rsa": (WHO, signature(lambda raw: bytes(len(raw)), "PS256")),
    "signature-shortened-rsa": (WHO, signature(lambda raw: raw[1:], "PS256")),
    "signature-zeros-ed25519": (WHO, signature(lambda raw: bytes(len(raw)), "EdDSA")),
    "signature-shortened-ed25519": (WHO, signature(lambda raw: raw[:-1], "EdDSA")),
    "aud-token-endpoint": (AUDIENCE, lambda k: k.make(aud=k.world.token_endpoint)),
    "aud-array-of-token-endpoint": (AUDIENCE, lambda k: k.make(aud=[k.world.token_endpoint])),
    "aud-both": (AUDIENCE, lambda k: k.make(aud=[k.world.issuer, k.world.token_endpoint])),
    "aud-slash-after": (AUDIENCE, lambda k: k.make(aud=k.world.issuer + "/")),
    "aud-another": (AUDIENCE, lambda k: k.make(aud="https://as.example")),
    "aud-null": (AUDIENCE, lambda k: k.make(aud=None)),
    "iss-of-another": (WHO, lambda k: k.make(iss=k.world.other.client_id)),
    "sub-of-another": (WHO, lambda k: k.make(sub=k.world.other.client_id)),
    "both-of-another": (
        WHO,
        lambda k: k.make(iss=k.world.other.client_id, sub=k.world.other.client_id),
    ),
    "both-of-deleted": (
        WHO,
        lambda k: k.make(iss=k.world.deleted.client_id, sub=k.world.deleted.client_id),
    ),
    "both-unknown": (WHO, lambda k: k.make("RS256", iss=str(uuid4()), sub=str(uuid4()))),
    "both-first-party": (WHO, lambda k: k.make("EdDSA", iss="first-party", sub="first-party")),
    "exp-past": (WHO, lambda k: k.make(exp=ahead(-60)(k.world))),
    "exp-too-far": (WHO, lambda k: k.make(exp=ahead(3700)(k.world))),
    "nbf-future": (WHO, lambda k: k.make(nbf=ahead(100)(k.world))),
    "iat-future": (WHO, lambda k: k.make(iat=ahead(100)(k.world))),
    "jti-null": (ONCE, lambda k: k.make(jti=None)),
    "jti-empty": (ONCE, lambda k: k.make(jti="")),
    "jti-257-octets": (ONCE, lambda k: k.make(jti="a" * 257)),
    "typ-access-token": (AUDIENCE, lambda k: k.headed(typ="at+jwt")),
    "typ-dpop": (AUDIENCE, lambda k: k.headed(typ="dpop+jwt")),
}


@cases(BAD)
def test_wrong_assertion_is_refused_alike(make: Make, owner: Keys, refused: Answer) -> None:
    request = by_jwt(make(owner))
    assertion_refusal(send(owner.world.service.port, request), request, refused)


@pytest.mark.clause(ONCE)
def test_second_use_is_refused_whichever_method_comes_first(owner: Keys, refused: Answer) -> None:
    port, jti = owner.world.service.port, f"once-{uuid4()}"
    signed = owner.make(jti=jti)
    mac = jws.compact(
        b'{"alg":"HS256"}',
        jws.dump(claims(owner.world.service, owner.app.client_id, jti=jti)),
        owner.app.client_secret.encode(),
    )
    assert send(port, by_jwt(signed)).status == 200
    for again in (signed, mac, owner.make("EdDSA", jti=jti)):
        request = by_jwt(again)
        assertion_refusal(send(port, request), request, refused)


@pytest.mark.clause(METHOD)
def test_assertion_beside_a_secret_is_two_methods(owner: Keys) -> None:
    request = by_basic(owner.world, *CLIENT_CREDENTIALS, *secret_jwt(owner.make()))
    answer = send(owner.world.service.port, request)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.clause(METHOD)
def test_client_id_beside_must_be_the_one_that_signs(owner: Keys) -> None:
    port = owner.world.service.port
    own, other = (
        by_jwt(owner.make(), ("client_id", app.client_id)) for app in (owner.app, owner.world.other)
    )
    assert send(port, own).status == 200
    answer = send(port, other)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.clause(KID)
@pytest.mark.parametrize("kid", [None, "any", "2026"])
def test_key_without_kid_fits_any_assertion(
    kid: str | None, owner: Keys, http: httpx.Client, credential: MakeCredential
) -> None:
    app, pairs = credential(), [keypair.make("ES256") for _ in range(3)]
    jwks = {"keys": [pair.public for pair in pairs]}
    assert http.put(keys_of(app), json=jwks, headers=app.owner.bearer).status_code == 200
    for pair in pairs:
        header = {} if kid is None else {"kid": kid}
        assertion = pair.compact(claims(owner.world.service, app.client_id), header)
        assert send(owner.world.service.port, by_jwt(assertion)).status == 200


@pytest.mark.clause(ALG)
def test_key_that_is_for_one_algorithm_takes_no_other(
    owner: Keys, http: httpx.Client, credential: MakeCredential, refused: Answer
) -> None:
    app, pair = credential(), keypair.make("PS256")
    jwks = {"keys": [{**pair.public, "alg": "PS256"}]}
    assert http.put(keys_of(app), json=jwks, headers=app.owner.bearer).status_code == 200
    right, other = (
        by_jwt(pair.compact(claims(owner.world.service, app.client_id), {"alg": alg}))
        for alg in ("PS256", "RS256")
    )
    assert send(owner.world.service.port, right).status == 200
    assertion_refusal(send(owner.world.service.port, other), other, refused)
