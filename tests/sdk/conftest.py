"""A service whose issuer is a relay that counts, and app credentials there."""

from collections.abc import Iterator

import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.people import Credential, Person, add_credential, add_person
from tests.sdk.relay import Relay
from tests.service import Service
from tokenhouse_sdk import Credentials, TokenChecker


@pytest.fixture(scope="session")
def issuer(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[tuple[Relay, Service]]:
    """The relay, and the service behind it."""
    relay = Relay()
    settings = {**WITHOUT_THROTTLE, "issuer": relay.url}
    home = tmp_path_factory.mktemp("behind")
    with relay.serve(), Service(home, settings=settings, database_url=new_database()) as service:
        relay.target = service.url
        yield relay, service


@pytest.fixture
def relay(issuer: tuple[Relay, Service]) -> Iterator[Relay]:
    """The relay, counting from nothing."""
    issuer[0].reset()
    yield issuer[0]
    issuer[0].reset()


@pytest.fixture(scope="session")
def behind(issuer: tuple[Relay, Service]) -> Service:
    """The service behind the relay."""
    return issuer[1]


@pytest.fixture(scope="session")
def owner(behind: Service) -> Person:
    """Somebody with credentials there."""
    return add_person(behind)


@pytest.fixture
def made(behind: Service, owner: Person) -> Credential:
    """Fresh app credentials."""
    return add_credential(behind, owner)


@pytest.fixture
def credentials(issuer: tuple[Relay, Service], made: Credential) -> Credentials:
    """The same as the SDK has them."""
    return Credentials(issuer[0].url, made.client_id, made.client_secret)


@pytest.fixture
def checker(relay: Relay) -> Iterator[TokenChecker]:
    """A checker that has fetched nothing yet, and will look often."""
    with TokenChecker(relay.url, every=0.5, trust_env=False) as one:
        yield one
