"""The shared server and a foreign API that trusts it, as a foreign client finds them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import httpx
import pytest

from tests.interop.example_api import example_api
from tests.service import Service


@dataclass(frozen=True)
class Place:
    """What a client is told: the issuer, its metadata, the token endpoint there, an API to call."""

    issuer: str
    metadata: dict[str, Any]
    token_url: str
    api_url: str


@pytest.fixture(scope="session")
def place(
    service: Service, http: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """The shared server, found by Authlib's reading of RFC 8414, and the example API beside it."""
    rfc8414: Any = import_module("authlib.oauth2.rfc8414")
    metadata = (
        http.get(rfc8414.get_well_known_url(service.url, external=True)).raise_for_status().json()
    )
    with example_api(tmp_path_factory.mktemp("api") / "api.log", ISSUER=service.url) as api_url:
        yield Place(metadata["issuer"], metadata, metadata["token_endpoint"], api_url)
