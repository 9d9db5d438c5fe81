"""The world that the tables speak of, made anew for each module."""

import httpx
import pytest

from tests.conftest import MakeCredential
from tests.people import CLIENTS, Credential, Person
from tests.protocol.table import World, by_jwt
from tests.raw import Answer, send
from tests.service import Service


@pytest.fixture(scope="module")
def world(
    service: Service,
    http: httpx.Client,
    someone: Person,
    app: Credential,
    credential: MakeCredential,
) -> World:
    """Two people and their app credentials, and one credential that its owner has deleted."""
    deleted = credential(someone)
    gone = http.delete(f"{CLIENTS}/{deleted.client_id}", headers=someone.bearer)
    assert gone.status_code == 204, gone.text
    return World(service, someone, app, credential(), deleted)


@pytest.fixture(scope="module")
def refused(world: World) -> Answer:
    """What a plainly wrong assertion gets; every other refused one must get the same."""
    return send(world.service.port, by_jwt(b"a.b.c"))
