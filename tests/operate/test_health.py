"""`/healthz` and `/readyz` of a service that serves; draining and outages are in tests/faults."""

import time
from importlib.metadata import version

import httpx
from sqlalchemy import create_engine, text

from tests.conftest import StartService
from tests.faults.test_rewrap import url_of
from tests.service import Service

DAMAGED = {"detail": "a signing key does not open with the master key at hand", "reasons": ["keys"]}
ADD = """INSERT INTO signing_keys (kid, number, alg, sealed, created_at, signs_from)
    SELECT 'damaged', number + 1, alg, sealed, created_at, signs_from FROM signing_keys"""


def run(service: Service, statement: str) -> None:
    """Change the database, as none of its programs would."""
    engine = create_engine(url_of(service))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def wait_until_ready_is(service: Service, status: int) -> dict[str, object]:
    """Ask until it is so; what it says. Raises AssertionError."""
    until = time.monotonic() + 30
    while (answer := httpx.get(f"{service.url}/readyz", trust_env=False)).status_code != status:
        assert time.monotonic() < until, service.log
        time.sleep(0.05)
    said: dict[str, object] = answer.json()
    return said


def test_health_has_the_version_and_readiness_the_keys(start_service: StartService) -> None:
    service = start_service(workers=1)
    alive = httpx.get(f"{service.url}/healthz", trust_env=False)
    assert alive.json() == {"status": "ok", "version": version("tokenhouse")}
    assert wait_until_ready_is(service, 200) == {"status": "ok"}
    run(service, ADD)
    assert wait_until_ready_is(service, 503) == {"status": "unavailable", **DAMAGED}
    assert httpx.get(f"{service.url}/healthz", trust_env=False).status_code == 200
    run(service, "DELETE FROM signing_keys WHERE kid = 'damaged'")
    assert wait_until_ready_is(service, 200) == {"status": "ok"}
