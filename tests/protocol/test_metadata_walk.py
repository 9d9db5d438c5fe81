"""The metadata document walked: all that it names works, and nothing that it leaves out does.

The trap: a document is believed. What it names and the server refuses costs a client its start;
what works unnamed is a door that nobody watches (RFC 8414 section 2).
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import get_default_algorithms

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.jws import compact, dump
from tests.keypair import make, proof_claims
from tests.people import BASIC, TOKEN
from tests.protocol.table import BEARER_TYPE, basic
from tests.service import Service

pytestmark = pytest.mark.clause("RFC 8414 section 2")

SETTINGS: Mapping[str, Mapping[str, str]] = {
    "as it comes": {},
    "without passwords": {
        "password_grant": "off",
        "basic_token": "off",
        "accept_token_endpoint_audience": "off",
    },
    "all bound": {"require_dpop": "on", "dpop_nonces": "on", "basic_token": "off"},
}
_MADE = {alg: make(alg) for alg in ("ES256", "ES384", "Ed25519", "PS256")}
KEYS = {**_MADE, "EdDSA": _MADE["Ed25519"], "RS256": _MADE["PS256"]}
ENDPOINTS = ("token", "introspection", "revocation")
EMAIL = "walker@people.example"
CREDENTIALS = {"grant_type": "client_credentials"}
# What the registries have (IANA, OAuth Parameters and JOSE), for what must not work unnamed.
GRANTS = (
    "authorization_code",
    "client_credentials",
    "implicit",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)
ALGORITHMS: list[str] = [*get_default_algorithms(), "Ed25519"]
NONE: Mapping[str, str] = {}


@dataclass
class Walker:
    """A person with app credentials, secret and keys both, and what the server says of itself."""

    service: Service
    http: httpx.Client
    password: str
    client_id: str
    client_secret: str
    nonce: str | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """The document as it is now."""
        answer = self.http.get("/.well-known/oauth-authorization-server")
        document: dict[str, Any] = answer.raise_for_status().json()
        return document

    @property
    def is_bound(self) -> bool:
        """Whether the server asks for a proof with every token request."""
        return "require_dpop" in self.service.settings

    def token(
        self, form: Mapping[str, str], alg: str = "", headers: Mapping[str, str] = NONE
    ) -> httpx.Response:
        """Ask for a token; with a proof by `alg` where one is named or the server asks for one."""
        url: str = self.metadata["token_endpoint"]
        if alg or self.is_bound:
            return self.proven(url, form, headers, alg or "ES256")
        return self.http.post(url, data=form, headers=headers)

    def proven(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str], alg: str
    ) -> httpx.Response:
        """Post with a DPoP proof, and again with the nonce that the server asks for."""
        for _ in ("", "again"):
            scheme, _, token = headers.get("Authorization", "").partition(" ")
            claims = proof_claims("POST", url, token if scheme == "DPoP" else None)
            claims |= {} if self.nonce is None else {"nonce": self.nonce}
            shown = sign(alg, claims, {"typ": "dpop+jwt", "jwk": jwk(alg)})
            answer = self.http.post(url, data=form, headers={**headers, "DPoP": shown})
            if answer.is_success or "DPoP-Nonce" not in answer.headers:
                return answer
            self.nonce = answer.headers["DPoP-Nonce"]
        message = "asked for a nonce twice"
        raise AssertionError(message)

    def assertion(self, alg: str) -> str:
        """A client assertion, right but perhaps for its algorithm."""
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.service.url,
            "exp": int(time.time()) + 60,
            "jti": secrets.token_urlsafe(16),
        }
        if alg.startswith("HS"):
            key = self.client_secret.encode()
            return compact(dump({"alg": alg}), dump(claims), key, alg).decode()
        return sign(alg, claims)

    @property
    def basic(self) -> dict[str, str]:
        """The header of `client_secret_basic`."""
        return {"Authorization": basic(self.client_id, self.client_secret)}

    def ask(self, endpoint: str, method: str, alg: str = "") -> httpx.Response:
        """Ask one of the endpoints that take client authentication, by a method."""
        headers = self.basic if method == "client_secret_basic" else {}
        form = self._form(method, alg)
        if endpoint == "token":
            return self.token({**CREDENTIALS, **form}, headers=headers)
        url = self.metadata[f"{endpoint}_endpoint"]
        return self.http.post(url, data={"token": "a.b.c", **form}, headers=headers)

    def _form(self, method: str, alg: str) -> dict[str, str]:
        if method == "client_secret_basic":
            return {}
        if method == "none":
            return {"client_id": self.client_id}
        if method == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.client_secret}
        alg = alg or ("HS256" if method == "client_secret_jwt" else "ES256")
        return {"client_assertion_type": BEARER_TYPE, "client_assertion": self.assertion(alg)}


def jwk(alg: str) -> dict[str, Any]:
    """The public key that a proof by this algorithm carries."""
    return KEYS.get(alg, KEYS["PS256"]).public


def sign(alg: str, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    """Sign by any algorithm: the advertised ones by our own hand, the others by a library's."""
    members = {"alg": alg, **(header or {})}
    if alg in KEYS:
        return KEYS[alg].sign(dump(members), dump(claims), alg).decode()
    return jwt.encode(dict(claims), _key(alg), alg, dict(header or {}))


def _key(alg: str) -> Any:
    """A key that the library takes for an algorithm."""
    curves: dict[str, ec.EllipticCurve] = {
        "ES256K": ec.SECP256K1(),
        "ES512": ec.SECP521R1(),
        "ES521": ec.SECP521R1(),
    }
    if alg == "none":
        return None
    if alg.startswith("HS"):
        return b"k" * 64
    return ec.generate_private_key(curves[alg]) if alg in curves else KEYS["PS256"].key


@pytest.fixture(scope="module", params=SETTINGS)
def walker(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    new_database: NewDatabase,
) -> Iterator[Walker]:
    """A server with these settings; who is there was made by the command line."""
    home = tmp_path_factory.mktemp("walk")
    settings = {**WITHOUT_THROTTLE, **SETTINGS[request.param]}
    with (
        Service(home, 1, settings, new_database()) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http,
    ):
        password = secrets.token_urlsafe(24)
        _run(service, "user", "add", EMAIL, "--password-stdin", given=password)
        words = _run(service, "credential", "create", "--user", EMAIL).split()
        client_id, client_secret = words[1::2]
        file = Path(home, "keys.json")
        file.write_bytes(dump({"keys": [jwk(alg) for alg in ("ES256", "ES384", "EdDSA", "PS256")]}))
        _run(service, "credential", "set-keys", client_id, str(file))
        yield Walker(service, http, password, client_id, client_secret)


def _run(service: Service, *args: str, given: str = "") -> str:
    done = service.cli(*args, input=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_address_answers(walker: Walker) -> None:
    addresses = {
        name: url
        for name, url in walker.metadata.items()
        if name.endswith(("_endpoint", "_uri")) or name == "service_documentation"
    }
    assert {f"{name}_endpoint" for name in ENDPOINTS} < addresses.keys()
    for name, url in addresses.items():
        assert url.startswith(walker.service.url + "/"), name
        answer = walker.http.request("POST" if name.endswith("_endpoint") else "GET", url)
        assert answer.status_code == (422 if name.endswith("_endpoint") else 200), (name, answer)


@pytest.mark.parametrize("grant", GRANTS)
def test_grant_type(grant: str, walker: Walker) -> None:
    form = {"grant_type": grant, "username": EMAIL, "password": walker.password, "code": "c"}
    answer = walker.token({**form, "assertion": "a.b.c"}, headers=walker.basic)
    if grant in walker.metadata["grant_types_supported"]:
        assert answer.status_code == 200, answer.text
        assert answer.json()["token_type"] == ("DPoP" if walker.is_bound else "bearer")
    else:
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(
    "method",
    ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
)
def test_client_authentication_method(endpoint: str, method: str, walker: Walker) -> None:
    answer = walker.ask(endpoint, method)
    if method in walker.metadata[f"{endpoint}_endpoint_auth_methods_supported"]:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_algorithm_of_assertions(endpoint: str, alg: str, walker: Walker) -> None:
    method = "client_secret_jwt" if alg.startswith("HS") else "private_key_jwt"
    answer = walker.ask(endpoint, method, alg)
    if alg in walker.metadata[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]:
        assert answer.status_code == 200, answer.text
    else:
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.clause("RFC 9449 section 5.1")
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_algorithm_of_proofs(alg: str, walker: Walker) -> None:
    answer = walker.token(CREDENTIALS, alg, headers=walker.basic)
    if alg in walker.metadata["dpop_signing_alg_values_supported"]:
        assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    else:
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("scheme", ["Bearer", "DPoP"])
def test_person_introspects_by_the_schemes_that_are_named(scheme: str, walker: Walker) -> None:
    url, is_named = (
        walker.metadata["introspection_endpoint"],
        scheme in walker.metadata["introspection_endpoint_auth_methods_supported"],
    )
    form = {"grant_type": "password", "username": EMAIL, "password": walker.password}
    issued = walker.token(form, "Ed25519" if scheme == "DPoP" else "")
    if issued.status_code != 200:  # nobody gets a person's token here
        assert walker.http.get(BASIC, auth=(EMAIL, walker.password)).status_code == 404
        assert not is_named
        return
    token = issued.json()["access_token"]
    form, shown = {"token": token}, {"Authorization": f"{scheme} {token}"}
    if scheme == "DPoP":
        walker.nonce = None  # this endpoint has to give one where it asks for it
        answer = walker.proven(url, form, shown, "Ed25519")
    else:
        answer = walker.http.post(url, data=form, headers=shown)
    assert (answer.status_code, answer.json().get("active")) == (
        (200, True) if is_named else (401, None)
    )


def test_key_that_signs_is_among_those_named(walker: Walker) -> None:
    issued = walker.ask("token", "client_secret_basic").json()["access_token"]
    keys = walker.http.get(walker.metadata["jwks_uri"]).json()["keys"]
    header = jwt.get_unverified_header(issued)
    assert {key["kid"]: key["alg"] for key in keys}[header["kid"]] == header["alg"]


def test_no_endpoint_is_left_unnamed(walker: Walker) -> None:
    named = {url for name, url in walker.metadata.items() if name.endswith("_endpoint")}
    for last in ("authorize", "device", "introspect", "par", "register", "revoke", "userinfo"):
        url = f"{walker.service.url}{TOKEN.removesuffix('token')}{last}"
        answer = walker.http.post(url, data={"token": "a.b.c"})
        assert answer.status_code == (401 if url in named else 404), last
