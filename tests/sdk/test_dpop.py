"""Tokens bound to a key, and a key in place of the secret (RFC 9449, RFC 7523)."""

import asyncio
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests import keypair
from tests.conftest import StartService
from tests.people import CLIENTS, ME, TOKEN, add_credential, add_person
from tests.proofs import keys_of
from tests.sdk.apis import fastapi_app
from tests.sdk.relay import Relay
from tests.service import Service
from tokenhouse_sdk import AsyncSession, Credentials, Session, TokenAuth, TokenChecker
from tokenhouse_sdk.calling.sender_key import SenderKey
from tokenhouse_sdk.jose import PrivateKey


def pem(pair: keypair.KeyPair) -> bytes:
    made: bytes = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made


@pytest.fixture
def nonces(start_service: StartService) -> Service:
    """A service that binds every token, and wants its nonce in every proof."""
    return start_service({"require_dpop": "true", "dpop_nonces": "true"})


def test_a_bound_token_and_the_nonces_of_a_server(nonces: Service) -> None:
    """Whoever makes a credential there needs a bound token too: the operator does it."""
    person_email = "someone@people.example"
    assert (
        nonces.cli("user", "add", person_email, "--password-stdin", input="k" * 30).returncode == 0
    )
    made = nonces.cli("credential", "create", "--user", person_email).stdout.split()
    credentials = Credentials(nonces.url, made[1], made[3])
    with Session(credentials, dpop=True, base_url=nonces.url, trust_env=False) as session:
        assert [session.get(ME).status_code for _ in range(3)] == [200, 200, 200]
        shown = session.get(CLIENTS).request.headers
    assert shown["Authorization"].startswith("DPoP ")


def test_a_bound_token_reaches_an_api(
    relay: Relay, credentials: Credentials, checker: TokenChecker
) -> None:
    async def call() -> list[httpx.Response]:
        api = httpx.ASGITransport(fastapi_app(checker, []))
        key = SenderKey(PrivateKey.load(pem(keypair.make("EdDSA"))))
        async with AsyncSession(credentials, dpop=key, transport=api) as session:
            return [await session.get("http://api.example/?q=1") for _ in range(3)]

    answers = asyncio.run(call())
    assert [answer.status_code for answer in answers] == [200] * 3
    assert "jkt" in answers[0].json()["cnf"]
    assert len({answer.request.headers["DPoP"] for answer in answers}) == 3
    assert relay.asked[TOKEN] == 1


@pytest.mark.parametrize("alg", ["ES256", "ES384", "EdDSA", "PS256"])
def test_a_key_pair_in_place_of_the_secret(behind: Service, relay: Relay, alg: str) -> None:
    pair = keypair.make(alg)
    app = add_credential(behind, add_person(behind))
    with httpx.Client(base_url=behind.url, headers=app.owner.bearer, trust_env=False) as http:
        http.put(keys_of(app), json={"keys": [{**pair.public, "kid": "k"}]}).raise_for_status()
        allowed = {"auth_methods": ["private_key_jwt"]}
        http.patch(f"{CLIENTS}/{app.client_id}", json=allowed).raise_for_status()
    key = PrivateKey.load(pem(pair))
    credentials = Credentials(relay.url, app.client_id, private_key=key, kid="k")
    assert TokenAuth(credentials).keeper.get().value


def test_a_key_in_the_environment(behind: Service, relay: Relay, tmp_path: Path) -> None:
    pair, file = keypair.make(), tmp_path / "key.pem"
    file.write_bytes(pem(pair))
    file.chmod(0o600)
    app = add_credential(behind, add_person(behind))
    with httpx.Client(base_url=behind.url, headers=app.owner.bearer, trust_env=False) as http:
        http.put(keys_of(app), json={"keys": [pair.public]}).raise_for_status()
    environ = {
        "TOKENHOUSE_URL": relay.url,
        "TOKENHOUSE_CLIENT_ID": app.client_id,
        "TOKENHOUSE_PRIVATE_KEY_FILE": str(file),
    }
    assert TokenAuth(Credentials.find(environ=environ)).keeper.get().value
