"""Where a request came from, as the audit trail tells: believed from trusted proxies, nobody else.

The traps: the left end of `X-Forwarded-For` is whatever the client wrote, a second header goes on
where the first one ended, and an address has more than one spelling.
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.people import Person, add_person
from tests.protocol.table import basic
from tests.raw import Request, send
from tests.service import HOST, Service

STRANGER = "127.0.0.9"
TRUSTED = {"trusted_proxies": "127.0.0.1, 10.0.0.0/8, 2001:db8:f::/48"}
FORWARDED, REQUEST_ID = "X-Forwarded-For", "X-Request-ID"
Headers = tuple[tuple[str, str], ...]


@pytest.fixture(scope="module")
def proxied(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[Service]:
    """A service that trusts some proxies."""
    home = tmp_path_factory.mktemp("proxied")
    with Service(home, 1, {**WITHOUT_THROTTLE, **TRUSTED}, new_database()) as service:
        yield service


@pytest.fixture(scope="module")
def visitor(proxied: Service) -> Person:
    """Who signs in there."""
    return add_person(proxied)


def event(service: Service, who: Person, peer: str, headers: Headers) -> dict[str, str]:
    """Sign in from `peer` with these headers; the event of it."""
    signing_in = Request(
        "GET",
        "/api/v1/auth/jwt/token/basic",
        (("Authorization", basic(who.email, who.password)), *headers),
    )
    assert send(service.port, signing_in, peer).status == 200
    seen = httpx.get(
        f"{service.url}/api/v1/audit-events?limit=1", headers=who.bearer, trust_env=False
    )
    newest: dict[str, str] = seen.json()[0]
    assert newest["action"] == "sign_in"
    return newest


def forwarded(*values: str) -> Headers:
    """These `X-Forwarded-For` headers."""
    return tuple((FORWARDED, value) for value in values)


SOURCES: dict[str, tuple[str, Headers, str]] = {
    "no-header": (HOST, (), HOST),
    "peer-not-trusted": (STRANGER, forwarded("192.0.2.1"), STRANGER),
    "peer-trusted": (HOST, forwarded("192.0.2.1"), "192.0.2.1"),
    "spoofed-on-the-left": (HOST, forwarded("198.51.100.9, 192.0.2.1"), "192.0.2.1"),
    "trusted-address-spoofed": (HOST, forwarded("10.0.0.1, 192.0.2.1"), "192.0.2.1"),
    "two-proxies": (HOST, forwarded("198.51.100.9, 192.0.2.1, 10.1.2.3"), "192.0.2.1"),
    "two-headers": (HOST, forwarded("198.51.100.9", "192.0.2.1"), "192.0.2.1"),
    "two-headers-two-proxies": (HOST, forwarded("192.0.2.1", "10.1.2.3"), "192.0.2.1"),
    "all-trusted": (HOST, forwarded("10.9.9.9, 10.1.2.3"), "10.9.9.9"),
    "version-6": (HOST, forwarded("2001:db8::1"), "2001:db8::1"),
    "version-6-spelt-long": (HOST, forwarded("2001:0DB8:0:0::0001"), "2001:db8::1"),
    "version-6-with-port": (HOST, forwarded("[2001:db8::1]:443"), "2001:db8::1"),
    "version-6-proxy": (HOST, forwarded("192.0.2.1, 2001:db8:f::7"), "192.0.2.1"),
    "version-4-with-port": (HOST, forwarded("192.0.2.1:51000"), "192.0.2.1"),
    "no-address": (HOST, forwarded("unknown"), HOST),
    "no-address-before-a-proxy": (HOST, forwarded("<script>, 10.1.2.3"), "10.1.2.3"),
    "empty": (HOST, forwarded(""), HOST),
    "forwarded-is-another": (HOST, (("Forwarded", "for=192.0.2.1"),), HOST),
}


@pytest.mark.parametrize(("peer", "headers", "source"), SOURCES.values(), ids=SOURCES)
def test_source_is_the_nearest_that_is_no_proxy_of_ours(
    proxied: Service, visitor: Person, peer: str, headers: Headers, source: str
) -> None:
    assert event(proxied, visitor, peer, headers)["source"] == source


GOOD_ID = "b7e2-from.the_proxy"
IDS: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "trusted": (HOST, (GOOD_ID,), True),
    "not-trusted": (STRANGER, (GOOD_ID,), False),
    "twice": (HOST, (GOOD_ID, GOOD_ID), False),
    "too-long": (HOST, ("x" * 65,), False),
    "bad-octets": (HOST, ('"}injected',), False),
}


@pytest.mark.parametrize(("peer", "named", "is_kept"), IDS.values(), ids=IDS)
def test_request_id_is_taken_from_a_trusted_proxy_alone(
    proxied: Service, visitor: Person, peer: str, named: tuple[str, ...], *, is_kept: bool
) -> None:
    headers = tuple((REQUEST_ID, value) for value in named)
    found = event(proxied, visitor, peer, headers)["request_id"]
    assert (found in named) == is_kept
    assert found
