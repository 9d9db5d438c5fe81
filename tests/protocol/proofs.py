"""DPoP proofs for the rows: a right one, and the same with one thing changed (RFC 9449)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.jws import Literal, dump
from tests.keypair import KeyPair, ath, make, proof, proof_claims
from tests.people import ME, TOKEN
from tests.protocol.table import World, by_post
from tests.raw import Answer, Request, send

PROOF, CHECK = "RFC 9449 section 4.2", "RFC 9449 section 4.3"
AT_RESOURCE = "RFC 9449 section 7.1"
ABSENT = Literal("absent")
EC, OTHER = make(), make()


@dataclass(frozen=True)
class Spot:
    """Where a proof is for: the request's method and URL, and the token that goes with it."""

    method: str
    url: str
    token: str | None = None


Forge = Callable[[Spot], str]
Change = Callable[[Spot], object] | Literal | str | float | list[Any] | dict[str, Any] | None


def with_claims(also: str = "", /, **changes: Change) -> Forge:
    """A proof that is right but for some claims."""

    def forge(spot: Spot) -> str:
        right = proof_claims(spot.method, spot.url, spot.token)
        claims = {
            name: value(spot) if callable(value) else value
            for name, value in (right | changes).items()
            if value is not ABSENT
        }
        header = {"typ": "dpop+jwt", "alg": EC.alg, "jwk": EC.public}
        return EC.sign(dump(header), dump(claims, also)).decode()

    return forge


def with_header(also: str = "", /, *, pair: KeyPair = EC, **changes: object) -> Forge:
    """A proof that is right but for its header; it is signed with the key of `pair`."""

    def forge(spot: Spot) -> str:
        right: dict[str, Any] = {"typ": "dpop+jwt", "alg": pair.alg, "jwk": pair.public}
        header = {name: value for name, value in (right | changes).items() if value is not ABSENT}
        claims = dump(proof_claims(spot.method, spot.url, spot.token))
        return pair.sign(dump(header, also), claims, pair.alg).decode()

    return forge


def with_text(change: Callable[[str], str]) -> Forge:
    """A right proof that was tampered with after signing."""
    return lambda spot: change(proof(EC, proof_claims(spot.method, spot.url, spot.token)))


def shifted(seconds: float) -> Callable[[Spot], float]:
    """A time so many seconds from now."""
    return lambda spot: proof_claims(spot.method, spot.url)["iat"] + seconds


def _swap(text: str) -> str:
    """The signature of another key."""
    return text.rpartition(".")[0] + "." + proof(OTHER, {}).rpartition(".")[2]


def _port(url: str, port: int) -> str:
    """The same at another port."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme}://{host.partition(':')[0]}:{port}/{path}"


def _host(url: str, host: str) -> str:
    """The same at another host."""
    return url.replace("127.0.0.1", host, 1)


RSA, RSA_SMALL = make("PS256"), make("PS256", 1024)
OCT = {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmU"}
OFF_CURVE = {**EC.public, "y": OTHER.public["y"]}

BAD: Mapping[str, tuple[str, Forge]] = {
    "empty": (CHECK, lambda _: ""),
    "two parts": (CHECK, with_text(lambda text: text.rpartition(".")[0])),
    "no signature": (CHECK, with_text(lambda text: text.rpartition(".")[0] + ".")),
    "another's signature": (CHECK, with_text(_swap)),
    "padding": (CHECK, with_text(lambda text: text + "=")),
    "9 KiB": (CHECK, with_claims(pad="x" * 9000)),
    "no typ": (PROOF, with_header(typ=ABSENT)),
    "typ JWT": (PROOF, with_header(typ="JWT")),
    "typ at+jwt": (PROOF, with_header(typ="at+jwt")),
    "no alg": (PROOF, with_header(alg=ABSENT)),
    "alg none": (PROOF, with_header(alg="none")),
    "alg HS256": (PROOF, with_header(alg="HS256")),
    "alg of another key type": (PROOF, with_header(alg="EdDSA")),
    "alg RS256": (PROOF, with_header(pair=RSA, alg="RS256")),
    "no jwk": (PROOF, with_header(jwk=ABSENT)),
    "jwk a string": (PROOF, with_header(jwk=json.dumps(EC.public))),
    "jwk null": (PROOF, with_header(jwk=None)),
    "jwk of another": (CHECK, with_header(jwk=OTHER.public)),
    "jwk with its private half": (CHECK, with_header(jwk=EC.private)),
    "jwk with a private RSA member": (CHECK, with_header(pair=RSA, jwk=RSA.private)),
    "jwk symmetric": (CHECK, with_header(jwk=OCT, alg="HS256")),
    "jwk off its curve": (CHECK, with_header(jwk=OFF_CURVE)),
    "jwk RSA of 1024 bits": (CHECK, with_header(pair=RSA_SMALL)),
    "jwk for encryption": (CHECK, with_header(jwk={**EC.public, "use": "enc"})),
    "jwk for another alg": (CHECK, with_header(jwk={**EC.public, "alg": "ES384"})),
    "alg twice": (PROOF, with_header('"alg":"ES256"')),
    "jwk twice": (PROOF, with_header(f'"jwk":{json.dumps(EC.public)}')),
    "crit": ("RFC 7515 section 4.1.11", with_header(crit=["exp"])),
    "b64 false": ("RFC 7515 section 4.1.11", with_header(b64=False)),
    "jku": ("RFC 8725 section 3.10", with_header(jku="http://127.0.0.1:1/")),
    "x5u": ("RFC 8725 section 3.10", with_header(x5u="http://127.0.0.1:1/")),
    "x5c": ("RFC 8725 section 3.10", with_header(x5c=["MAA="])),
    "x5t": ("RFC 8725 section 3.10", with_header(x5t="A" * 27)),
    "x5t#S256": ("RFC 8725 section 3.10", with_header('"x5t#S256":"AAAA"')),
    "enc": ("RFC 7515 section 4", with_header(enc="A128GCM")),
    "zip": ("RFC 7515 section 4", with_header(zip="DEF")),
    "no jti": (PROOF, with_claims(jti=ABSENT)),
    "jti empty": (PROOF, with_claims(jti="")),
    "jti a number": (PROOF, with_claims(jti=7)),
    "jti of 257 octets": (PROOF, with_claims(jti="j" * 257)),
    "jti twice": (PROOF, with_claims('"jti":"once more"')),
    "no htm": (PROOF, with_claims(htm=ABSENT)),
    "htm of another method": (CHECK, with_claims(htm="PUT")),
    "htm in lower case": (CHECK, with_claims(htm=lambda spot: spot.method.lower())),
    "htm a list": (CHECK, with_claims(htm=lambda spot: [spot.method])),
    "no htu": (PROOF, with_claims(htu=ABSENT)),
    "htu another path": (CHECK, with_claims(htu=lambda spot: spot.url + "x")),
    "htu below": (CHECK, with_claims(htu=lambda spot: spot.url + "/more")),
    "htu another port": (CHECK, with_claims(htu=lambda spot: _port(spot.url, 1))),
    "htu another host": (CHECK, with_claims(htu=lambda spot: _host(spot.url, "as.example"))),
    "htu another scheme": (CHECK, with_claims(htu=lambda spot: "https" + spot.url[4:])),
    "htu without a scheme": (CHECK, with_claims(htu=lambda spot: spot.url[5:])),
    "htu a path": (CHECK, with_claims(htu=lambda spot: "/" + spot.url.split("/", 3)[3])),
    "htu with a user": (CHECK, with_claims(htu=lambda spot: _host(spot.url, "u@127.0.0.1"))),
    "htu with a bad port": (CHECK, with_claims(htu=lambda spot: _port(spot.url, 99999))),
    "htu a number": (CHECK, with_claims(htu=5)),
    "htu null": (CHECK, with_claims(htu=None)),
    "no iat": (PROOF, with_claims(iat=ABSENT)),
    "iat an hour ago": (CHECK, with_claims(iat=shifted(-3600))),
    "iat two minutes ago": (CHECK, with_claims(iat=shifted(-120))),
    "iat in two minutes": (CHECK, with_claims(iat=shifted(120))),
    "iat in an hour": (CHECK, with_claims(iat=shifted(3600))),
    "iat a string": (CHECK, with_claims(iat=lambda spot: str(shifted(0)(spot)))),
    "iat true": (CHECK, with_claims(iat=True)),
    "iat 1e400": (CHECK, with_claims(iat=Literal("1e400"))),
    "iat null": (CHECK, with_claims(iat=None)),
    "exp past": ("RFC 7519 section 4.1.4", with_claims(exp=shifted(-60))),
    "nbf to come": ("RFC 7519 section 4.1.5", with_claims(nbf=shifted(60))),
}
BAD_AT_RESOURCE: Mapping[str, tuple[str, Forge]] = {
    **BAD,
    "no ath": (AT_RESOURCE, with_claims(ath=ABSENT)),
    "ath of another token": (AT_RESOURCE, with_claims(ath=ath("another"))),
    "ath empty": (AT_RESOURCE, with_claims(ath="")),
    "ath null": (AT_RESOURCE, with_claims(ath=None)),
}
GOOD: Mapping[str, tuple[str, Forge]] = {
    "as it should be": (PROOF, with_claims()),
    "typ in capitals": ("RFC 7515 section 4.1.9", with_header(typ="DPoP+JWT")),
    "iat ten seconds ago": (CHECK, with_claims(iat=shifted(-10))),
    "iat in ten seconds": (CHECK, with_claims(iat=shifted(10))),
    "iat with a fraction": (CHECK, with_claims(iat=shifted(0.5))),
    "htu with query and fragment": (CHECK, with_claims(htu=lambda spot: spot.url + "?a=b#c")),
    "htu in capitals": (CHECK, with_claims(htu=lambda spot: "HTTP" + spot.url[4:])),
    "htu percent-encoded": (CHECK, with_claims(htu=lambda spot: spot.url.replace("api", "%61pi"))),
    "htu with a final slash": (CHECK, with_claims(htu=lambda spot: spot.url + "/")),
    "nbf and exp": (PROOF, with_claims(nbf=shifted(0), exp=shifted(300))),
    "unknown members": (PROOF, with_header(tx_id=5, kid="any")),
    "unknown claims": (PROOF, with_claims(tx_id={"a": [1]})),
    "a nonce nobody asked for": ("RFC 9449 section 8", with_claims(nonce="n")),
    "a jwk that says what it is for": (
        PROOF,
        with_header(jwk={**EC.public, "use": "sig", "alg": "ES256", "kid": "mine"}),
    ),
}


def cases(table: Mapping[str, tuple[str, Forge]]) -> pytest.MarkDecorator:
    """Run a test once a proof, named, with the clause that it is about."""
    return pytest.mark.parametrize(
        "forge",
        [
            pytest.param(forge, id=name, marks=pytest.mark.clause(at))
            for name, (at, forge) in table.items()
        ],
    )


def at_token(w: World, *proofs: str) -> Answer:
    """Ask for a token by `client_secret_post` with these `DPoP` headers."""
    asked = by_post(w)
    headers = (*asked.headers, *(("DPoP", one) for one in proofs))
    return send(w.service.port, Request("POST", TOKEN, headers, asked.body))


def bound_token(w: World, pair: KeyPair = EC) -> str:
    """A token that is bound to a key."""
    answer = at_token(w, proof(pair, proof_claims("POST", w.token_endpoint)))
    assert answer.status == 200, answer
    token: str = answer.json()["access_token"]
    return token


def at_resource(
    w: World, token: str, *proofs: str, scheme: str = "DPoP", method: str = "GET", path: str = ME
) -> Answer:
    """Show a token and these `DPoP` headers to the management API."""
    headers = (("Authorization", f"{scheme} {token}"), *(("DPoP", one) for one in proofs))
    return send(w.service.port, Request(method, path, headers))


def spot_of(w: World, token: str, method: str = "GET", path: str = ME) -> Spot:
    """Where a proof for the management API is for."""
    return Spot(method, w.service.url + path, token)


def refused_at_resource(answer: Answer, error: str, w: World) -> None:
    """Hold a refusal of a resource against RFC 9449 section 7.1."""
    assert answer.status == 401, answer
    challenge = answer.header("WWW-Authenticate") or ""
    algs = httpx.get(w.issuer + "/.well-known/oauth-authorization-server", trust_env=False).json()[
        "dpop_signing_alg_values_supported"
    ]
    assert challenge.startswith(
        f'DPoP realm="tokenhouse", algs="{" ".join(algs)}", error="{error}"'
    )
    assert answer.json()["error"] == error
