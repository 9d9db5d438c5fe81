"""The shape of a client authentication method: `read`, then `verify`.

`read` says whether this request uses the method and for which client; `verify` checks the
proof against the client's secrets. Neither knows of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tokenhouse.oauth.errors import InvalidClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.store.client_secrets import Known


class Presented(NamedTuple):
    """Who the request says it is, and the proof it brings; nothing is checked yet."""

    client_id: str
    proof: Any


class Proof(NamedTuple):
    """The proof holds.

    Attributes:
        secret_id: the secret that proved it, `BY_KEY` where it was a key of the client's own.
        use: what must be recorded, last of all, before it counts: digest and end, unix seconds.

    """

    secret_id: str
    use: tuple[bytes, float] | None = None


NOT_NOW = Proof("")  # the secret or the key is right, the claims are not: no guess


@dataclass(frozen=True, slots=True)
class Method:
    """One client authentication method.

    Attributes:
        name: its wire value (RFC 7591 section 2, `token_endpoint_auth_method`).
        read: what the request presents, None where it does not use this method.
        verify: the proof, None where it does not hold.
        description: public text of every refusal.
        algorithms: the JWS algorithms, for the metadata (RFC 8414 section 2).
        check_form: refuses a proof that can be nobody's, before anyone is looked up.

    """

    name: str
    read: Callable[[Asked], Presented | None]
    verify: Callable[[Context, Presented, Known], Proof | None]
    description: str | None = None
    algorithms: tuple[str, ...] = ()
    check_form: Callable[[Presented], None] = lambda _presented: None

    def refusal(self, detail: str) -> InvalidClient:
        """Make the one refusal of this method; `detail` is for the log."""
        return InvalidClient(self.description, detail=f"{self.name}: {detail}")
