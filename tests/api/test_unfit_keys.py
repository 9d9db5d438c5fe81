"""Keys that cannot be registered, each with the reason that its owner is given.

RFC 7517 section 4, RFC 7518 section 6, RFC 8037, RFC 8725 sections 3.4 and 3.5. The trap: a
library that loads a key says nothing of whether it is a good one.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from tests import keypair
from tests.keypair import octets, text
from tests.people import Credential
from tests.proofs import keys_of

Json = dict[str, Any]
PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1


def with_private(name: str) -> Callable[[], Json]:
    """A key that its owner sent whole."""
    return lambda: {**keypair.make("ES256").public, name: "AQAB"}


def rsa_jwk(n: int, e: int = 65537) -> Json:
    """An RSA key with any numbers."""
    return {"kty": "RSA", "n": text(n), "e": text(e)}


def modulus(bits: int) -> int:
    """The modulus of a real key."""
    return keypair.rsa_key(bits).public_key().public_numbers().n


def ec_jwk(**changes: object) -> Json:
    """A P-256 key with something wrong."""
    return keypair.make("ES256").public | changes


def ed_jwk(number: int) -> Json:
    """An Ed25519 key of any 32 octets."""
    return {"kty": "OKP", "crv": "Ed25519", "x": octets(number.to_bytes(32, "little"))}


ED_PRIME = 2**255 - 19
# RFC 8032 section 5.1: the points of small order, by their encodings.
SMALL_ORDER = {
    "neutral": 1,
    "order-2": ED_PRIME - 1,
    "order-4": 0,
    "order-4-other-sign": 2**255,
    "order-8": int.from_bytes(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
    ),
    "order-8-other": int.from_bytes(
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
    ),
}
UNFIT: dict[str, tuple[str, str, Callable[[], Json]]] = {
    **{f"private-{name}": (name, "private", with_private(name)) for name in PRIVATE},
    "symmetric": ("kty", "symmetric", lambda: {"kty": "oct", "k": "a" * 43}),
    "symmetric-without-k": ("kty", "symmetric", lambda: {"kty": "oct"}),
    "kty-absent": ("kty", "EC, OKP or RSA", lambda: {"crv": "P-256"}),
    "kty-unknown": ("kty", "EC, OKP or RSA", lambda: ec_jwk(kty="AKP")),
    "kty-lower-case": ("kty", "EC, OKP or RSA", lambda: ec_jwk(kty="ec")),
    "kty-array": ("kty", "EC, OKP or RSA", lambda: ec_jwk(kty=["EC"])),
    "kty-of-another": ("n", "base64url", lambda: ec_jwk(kty="RSA")),
    "curve-p-521": ("crv", "P-256 or P-384", lambda: ec_jwk(crv="P-521")),
    "curve-secp256k1": ("crv", "P-256 or P-384", lambda: ec_jwk(crv="secp256k1")),
    "curve-absent": ("crv", "P-256 or P-384", lambda: {"kty": "EC"}),
    "curve-object": ("crv", "P-256 or P-384", lambda: ec_jwk(crv={})),
    "curve-of-another": ("x", "48 octets", lambda: ec_jwk(crv="P-384")),
    "curve-x25519": ("crv", "Ed25519", lambda: {**keypair.make("EdDSA").public, "crv": "X25519"}),
    "curve-ed448": ("crv", "Ed25519", lambda: {**keypair.make("EdDSA").public, "crv": "Ed448"}),
    "point-off-the-curve": ("x", "not a point", lambda: ec_jwk(y=text(5, 32))),
    "point-zero": ("x", "not a point", lambda: ec_jwk(x=text(0, 32), y=text(0, 32))),
    "point-x-not-reduced": ("x", "not a point", lambda: ec_jwk(x=text(P256_PRIME + 5, 32))),
    "point-x-short": ("x", "32 octets", lambda: ec_jwk(x=text(5))),
    "point-x-long": ("x", "32 octets", lambda: ec_jwk(x=text(5, 33))),
    "point-y-absent": ("y", "base64url", lambda: {**keypair.make("ES256").public, "y": ""}),
    "point-x-padded": ("x", "base64url", lambda: ec_jwk(x=text(5, 32) + "=")),
    "point-x-number": ("x", "base64url", lambda: ec_jwk(x=5)),
    "point-x-standard-alphabet": ("x", "base64url", lambda: ec_jwk(x="+" * 43)),
    "ed25519-off-the-curve": ("x", "not a point", lambda: ed_jwk(2)),
    "ed25519-not-reduced": ("x", "not a point", lambda: ed_jwk(ED_PRIME + 3)),
    "ed25519-short": ("x", "32 octets", lambda: {**ed_jwk(3), "x": octets(b"a" * 31)}),
    **{
        f"ed25519-{name}": ("x", "small order", partial(ed_jwk, number))
        for name, number in SMALL_ORDER.items()
    },
    "rsa-1024": ("n", "1024 bits", lambda: rsa_jwk(modulus(1024))),
    "rsa-2047": ("n", "2047 bits", lambda: rsa_jwk(2**2047 - 1)),
    "rsa-8193": ("n", "8193 bits", lambda: rsa_jwk(2**8192 + 1)),
    "rsa-even": ("n", "weak", lambda: rsa_jwk(modulus(2048) - 1)),
    "rsa-small-factor": ("n", "weak", lambda: rsa_jwk(3 * (2**2046 + 1) | 1)),
    "rsa-exponent-1": ("e", "65537", lambda: rsa_jwk(modulus(2048), 1)),
    "rsa-exponent-3": ("e", "65537", lambda: rsa_jwk(modulus(2048), 3)),
    "rsa-exponent-even": ("e", "65537", lambda: rsa_jwk(modulus(2048), 65538)),
    "rsa-exponent-large": ("e", "65537", lambda: rsa_jwk(modulus(2048), 2**64 + 1)),
    "rsa-n-absent": ("n", "base64url", lambda: {"kty": "RSA", "e": "AQAB"}),
    "use-enc": ("use", "sig", lambda: ec_jwk(use="enc")),
    "use-null": ("use", "sig", lambda: ec_jwk(use=None)),
    "key-ops-sign": ("key_ops", "verify", lambda: ec_jwk(key_ops=["sign"])),
    "key-ops-both": ("key_ops", "verify", lambda: ec_jwk(key_ops=["sign", "verify"])),
    "key-ops-text": ("key_ops", "verify", lambda: ec_jwk(key_ops="verify")),
    "alg-of-another": ("alg", "ES256", lambda: ec_jwk(alg="RS256")),
    "alg-hmac": ("alg", "ES256", lambda: ec_jwk(alg="HS256")),
    "alg-none": ("alg", "ES256", lambda: ec_jwk(alg="none")),
    "alg-es384-on-p-256": ("alg", "ES256", lambda: ec_jwk(alg="ES384")),
    "alg-rs512": (
        "alg",
        "PS256 or RS256",
        lambda: {**keypair.make("RS256").public, "alg": "RS512"},
    ),
    "alg-object": ("alg", "ES256", lambda: ec_jwk(alg={"ES256": 1})),
    "kid-empty": ("kid", "1 to 256", lambda: ec_jwk(kid="")),
    "kid-257-octets": ("kid", "1 to 256", lambda: ec_jwk(kid="a" * 257)),
    "kid-number": ("kid", "1 to 256", lambda: ec_jwk(kid=1)),
    "kid-null": ("kid", "1 to 256", lambda: ec_jwk(kid=None)),
}


@pytest.mark.clause("RFC 8725 section 3.5")
@pytest.mark.parametrize(("member", "reason", "make"), UNFIT.values(), ids=UNFIT)
def test_unfit_key_is_refused_with_the_reason(
    member: str, reason: str, make: Callable[[], Json], http: httpx.Client, app: Credential
) -> None:
    good = {**keypair.make("ES256").public, "kid": "good"}
    body = {"keys": [good, make()]}
    answer = http.put(keys_of(app), json=body, headers=app.owner.bearer)
    assert answer.status_code == 422, answer.text
    (detail,) = answer.json()["detail"]
    assert detail["loc"] == ["body", "keys", 1, member]
    assert reason in detail["msg"]
    assert http.get(keys_of(app), headers=app.owner.bearer).json() == {"keys": []}
