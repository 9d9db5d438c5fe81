"""Who sent a request, seen through the proxies that the operator trusts.

`X-Forwarded-For` and `X-Request-ID` are believed from a trusted proxy and from nobody else.
The trap: the left end of `X-Forwarded-For` is whatever the client wrote, so it is read from
the right, and only as far as the proxies are ours.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping, Sequence

_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_FORWARDED_FOR, _REQUEST_ID = b"x-forwarded-for", b"x-request-id"


class Origin(NamedTuple):
    """The address that a request came from, and what it is called in logs and audit."""

    source: str = ""
    request_id: str = ""


NOWHERE = Origin()  # the machine itself


class Origins:
    """Tells where requests come from, and names them."""

    def __init__(self, trusted: Sequence[str], prefix: str) -> None:
        """Begin.

        Args:
            trusted: addresses and networks of the trusted proxies.
            prefix: of the ids of this process's requests, to tell them from another's.

        """
        self._trusted = [ip_network(name, strict=False) for name in trusted]
        self._prefix = prefix
        self._numbers = count(1)

    def origin(self, scope: MutableMapping[str, Any]) -> Origin:
        """Return the origin of the request of an ASGI `scope`."""
        client = scope["client"]
        source: str = client[0] if client else ""
        if not self._trusted or not self._trusts(source):
            return Origin(source, self._make_id())
        named = self._named(scope["headers"])
        hops = [
            hop
            for name, value in scope["headers"]
            if name == _FORWARDED_FOR
            for hop in value.split(b",")
        ]
        return Origin(self._first_foreign(source, hops), named or self._make_id())

    def _make_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    def _named(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        names = [value for name, value in headers if name == _REQUEST_ID]
        good = len(names) == 1 and _WELL_FORMED.fullmatch(names[0])
        return names[0].decode() if good else ""

    def _first_foreign(self, source: str, hops: Sequence[bytes]) -> str:
        """Walk from the peer towards the client, as long as it is proxies of ours that tell."""
        for hop in reversed(hops):
            address = _address(hop)
            if address is None:
                return source
            source = address
            if not self._trusts(source):
                return source
        return source

    def _trusts(self, source: str) -> bool:
        try:
            address = ip_address(source)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


def _address(hop: bytes) -> str | None:
    """Read one hop: an address, some proxies add the port; None where it is none."""
    text = hop.strip().decode("latin-1")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
