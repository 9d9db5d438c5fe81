"""A client that has proven who it is."""

from __future__ import annotations

from typing import NamedTuple


class AuthenticatedClient(NamedTuple):
    """What the later steps may know of the client; only client authentication makes one.

    Attributes:
        client_id: the client.
        user_id: the owning user's UUID; None for the first-party client.
        generation: which of the client's generations of tokens is good now.
        may_introspect: whether it sees every token, not only its owner's (RFC 7662).
        scopes: what may be granted to it; None = scopes are off.
        method: how it proved who it is.

    """

    client_id: str
    user_id: str | None
    generation: int
    may_introspect: bool = False
    scopes: tuple[str, ...] | None = None
    method: str = "none"


FIRST_PARTY = AuthenticatedClient("first-party", None, 0)  # a person, without any client
