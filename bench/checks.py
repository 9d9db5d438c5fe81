"""What checking an access token costs an API: the SDK beside the libraries it could stand on.

`python -m bench.checks`, half a minute. One core, processor time, the best of several runs; each
way checks the same ES256 token with issuer, audience and end.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import ECKey
from jwt.algorithms import ECAlgorithm
from jwt.utils import base64url_decode

from tokenhouse_sdk import TokenChecker

ISSUER = "https://auth.example"
RUNS, CHECKS = 7, 2000
BAR = 150.0  # µs
_ONE = "a0b9932b-cd58-4f08-89f1-cf7fb741db04"


@dataclass(frozen=True)
class Sample:
    """A token, and the key that it is checked with."""

    token: str
    key: ec.EllipticCurvePublicKey
    jwk: dict[str, str]


def sample() -> Sample:
    """Make an access token as Tokenhouse has them."""
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "k"}
    now = int(time.time())
    claims: dict[str, object] = {"iss": ISSUER, "aud": ISSUER, "sub": _ONE, "client_id": _ONE}
    claims |= {"user_id": _ONE, "iat": now, "exp": now + 3600, "jti": "0.9hnJp3eWTVsGIJ7tLeIPfQ"}
    token = jwt.encode(claims, key, "ES256", {"typ": "at+jwt", "kid": "k"})
    return Sample(token, key.public_key(), jwk)


def main() -> None:
    """Measure, print, and exit 1 where the bar is missed."""
    one = sample()
    ways = {
        "signature alone (PyJWT)": _signature(one),
        "PyJWT, jwt.decode": _pyjwt(one),
        "joserfc, decode and validate": _joserfc(one),
        "TokenChecker.check": by_sdk(one),
    }
    costs = {name: min(_cost(way) for _ in range(RUNS)) for name, way in ways.items()}
    for name, cost in costs.items():
        print(f"{name:30} {cost:6.1f} µs {1e6 / cost:8,.0f} a second")
    if costs["TokenChecker.check"] > BAR:
        raise SystemExit(f"a check costs more than {BAR:.0f} µs")


def _cost(way: Callable[[], object]) -> float:
    begun = time.process_time()
    for _ in range(CHECKS):
        way()
    return (time.process_time() - begun) / CHECKS * 1e6


def _signature(one: Sample) -> Callable[[], object]:
    signed, _, signature = one.token.rpartition(".")
    octets, raw = signed.encode(), base64url_decode(signature)
    algorithm = jwt.get_algorithm_by_name("ES256")
    return lambda: algorithm.verify(octets, one.key, raw)


def _pyjwt(one: Sample) -> Callable[[], object]:
    return lambda: jwt.decode(one.token, one.key, ["ES256"], audience=ISSUER, issuer=ISSUER)


def _joserfc(one: Sample) -> Callable[[], object]:
    key = ECKey.import_key(dict(one.jwk))
    wanted = joserfc_jwt.JWTClaimsRegistry(iss={"value": ISSUER}, aud={"value": ISSUER})

    def check() -> None:
        wanted.validate(joserfc_jwt.decode(one.token, key, ["ES256"]).claims)

    return check


def by_sdk(one: Sample) -> Callable[[], object]:
    """Nothing is revoked; the issuer is no part of what is measured."""
    logging.getLogger("tokenhouse_sdk").disabled = True
    issuer = httpx.MockTransport(
        lambda request: httpx.Response(
            200 if "jwks" in str(request.url) else 404, json={"keys": [one.jwk]}
        )
    )
    checker = TokenChecker(ISSUER, transport=issuer)
    return lambda: checker.check(one.token)


if __name__ == "__main__":
    main()
