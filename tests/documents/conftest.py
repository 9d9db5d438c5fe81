"""The shared server's own document."""

import httpx
import pytest

from tests.documents.spec import Spec


@pytest.fixture(scope="session")
def spec(http: httpx.Client) -> Spec:
    """What the shared server serves at `/openapi.json`."""
    answer = http.get("/openapi.json")
    assert answer.status_code == httpx.codes.OK
    return Spec(answer.json())
