"""What the methods that show or use the shared secret have in common."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from tokenhouse.client_auth.method import Presented, Proof
from tokenhouse.crypto.secrets import is_well_formed
from tokenhouse.oauth.errors import InvalidClient
from tokenhouse.store.client_secrets import SEAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenhouse.context import Context
    from tokenhouse.store.client_secrets import Known, KnownSecret


MISTYPED = "The client_secret is mistyped or cut: its checksum does not fit."


def check_form(presented: Presented) -> None:
    """Tell a mistyped secret by its checksum, which is no secret, without a look-up.

    Raises:
        InvalidClient: it is none that was ever given out here.

    """
    if not is_well_formed(presented.proof):
        raise InvalidClient(MISTYPED, detail="a mistyped client_secret")


def live_secrets(context: Context, known: Known) -> Iterator[tuple[KnownSecret, bytes]]:
    """Give the client's secrets that are live now, opened."""
    now = context.clock()
    for secret in known.secrets:
        if secret.is_live(now):
            yield secret, context.sealer.open(SEAL, secret.secret_id, secret.sealed)


def verify(context: Context, presented: Presented, known: Known) -> Proof | None:
    """Compare what was shown with every live secret, in constant time."""
    secret = presented.proof.encode()
    found = None
    for row, clear in live_secrets(context, known):
        if hmac.compare_digest(clear, secret):
            found = Proof(row.secret_id)
    return found
