"""The public client: `spatiafi` as published, from e-mail and password to an API's 200.

Trap: the package's host name and `https` are fixed in its code, so the server runs under that
issuer behind a TLS front with a throwaway authority, and the client in a process of its own
(`spatiafi_flow.py`). As `aud` of its assertions it sends the token endpoint's URL, not the issuer.
"""

import base64
import hashlib
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.interop.example_api import example_api
from tests.interop.spatiafi_flow import AUTH_HOST
from tests.interop.tls_front import tls_front
from tests.people import Person, add_credential, add_person
from tests.service import Service

ISSUER = f"https://{AUTH_HOST}"
FLOW = Path(__file__).with_name("spatiafi_flow.py")


@dataclass(frozen=True)
class Deployment:
    """Server, TLS front and example API, and what a client must know to use them."""

    service: Service
    home: Path
    api_url: str
    front_port: int

    def run(self, flow: str, *, given: str = "", **environment: str) -> dict[str, Any]:
        """Run one flow with `given` on standard input; raises AssertionError with what it wrote."""
        authority = str(self.home / "authority.pem")
        done = subprocess.run(
            [sys.executable, str(FLOW), flow, self.api_url, str(self.front_port)],
            input=given,
            capture_output=True,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "XDG_CONFIG_HOME": str(self.home / "config"),
                "REQUESTS_CA_BUNDLE": authority,
                "SSL_CERT_FILE": authority,
                **environment,
            },
            start_new_session=True,  # no terminal, so the password is read from standard input
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer


@contextmanager
def deployed(home: Path, **settings: str) -> Generator[Deployment]:
    """Server behind its TLS front, and the example API, which gets the keys behind it."""
    authority, chain = trustme.CA(), home / "front.pem"
    authority.cert_pem.write_to_path(str(home / "authority.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(AUTH_HOST).private_key_and_cert_chain_pem.write_to_path(str(chain))
    tls.load_cert_chain(chain)
    with (
        Service(
            home / "service", settings={"issuer": ISSUER, "behind_tls_proxy": "true"} | settings
        ) as service,
        tls_front(tls, service.port) as front_port,
        example_api(
            home / "api.log", ISSUER=ISSUER, JWKS_URI=f"{service.url}/.well-known/jwks.json"
        ) as api_url,
    ):
        yield Deployment(service, home, api_url, front_port)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The usual deployment, for tests that use people and credentials of their own."""
    with deployed(tmp_path_factory.mktemp("spatiafi")) as one:
        yield one


@pytest.fixture
def owner(deployment: Deployment) -> Person:
    """A fresh user of the deployment."""
    return add_person(deployment.service)


def test_the_package_is_as_published() -> None:
    """What the other tests say of 1.8.0 they say of the very files that were published."""
    package = distribution("spatiafi")
    files = [file for file in package.files or () if file.suffix == ".py"]
    assert package.version == "1.8.0"
    assert files
    for file in files:
        assert file.hash is not None
        digest = hashlib.new(file.hash.mode, file.read_binary()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == file.hash.value, file


def test_from_password_to_an_api(deployment: Deployment, owner: Person) -> None:
    """Basic token, app credentials, both sessions; the API sees the credential, and its owner."""
    got = deployment.run("first_use", USERNAME=owner.email, PASSWORD=owner.password)
    client_id = got["credentials"]["client_id"]
    expected = {
        "status": 200,
        "body": {"sub": client_id, "user_id": owner.id, "client_id": client_id},
    }
    assert got["sync"] == expected
    assert got["async"] == expected


def test_asks_for_the_password_at_first_use(
    deployment: Deployment, owner: Person, tmp_path: Path
) -> None:
    """Without stored credentials the package asks, makes some, and keeps them for next time."""
    config = str(tmp_path)
    first = deployment.run(
        "prompted", given=f"{owner.email}\n{owner.password}\n", XDG_CONFIG_HOME=config
    )
    again = deployment.run("prompted", XDG_CONFIG_HOME=config)
    assert first["sync"]["status"] == 200
    assert first["sync"]["body"]["user_id"] == owner.id
    assert again == first


@pytest.mark.parametrize("flow", ["renewal", "renewal_async"])
def test_renews_when_the_client_thinks_it_expired(
    deployment: Deployment, owner: Person, flow: str
) -> None:
    """One token serves until `expires_at`; then the client gets another by itself."""
    got = deployment.run(flow, **credentials_of(deployment.service, owner))
    first, second, third = (token["access_token"] for token in got["tokens"])
    assert [answer["status"] for answer in got["answers"]] == [200, 200, 200]
    assert first == second
    assert first != third


@pytest.mark.parametrize("flow", ["renewal", "renewal_async"])
def test_renews_short_lived_tokens(tmp_path: Path, flow: str) -> None:
    """A life of 60 s is the client's own safety margin, so every call gets a new token."""
    with deployed(tmp_path, access_token_ttl="60") as short:  # noqa: S106 - because it is a duration
        got = short.run(flow, **credentials_of(short.service, add_person(short.service)))
    assert [answer["status"] for answer in got["answers"]] == [200, 200, 200]
    assert [token["expires_in"] for token in got["tokens"]] == [60, 60, 60]
    assert len({token["access_token"] for token in got["tokens"]}) == 3


def credentials_of(service: Service, owner: Person) -> dict[str, str]:
    """Fresh app credentials in the environment variables from which the package takes them."""
    app = add_credential(service, owner)
    return {"SPATIAFI_CLIENT_ID": app.client_id, "SPATIAFI_CLIENT_SECRET": app.client_secret}
