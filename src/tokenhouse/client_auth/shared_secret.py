"""What the methods that show or use the shared secret have in common."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from tokenhouse.client_auth.method import HOLDS, Presented, Proof
from tokenhouse.store.client_secrets import SEAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenhouse.context import Context
    from tokenhouse.store.client_secrets import ClientSecret, Known


def live_secrets(context: Context, known: Known) -> Iterator[tuple[ClientSecret, bytes]]:
    """Give the client's secrets that are live now, opened."""
    now = context.clock()
    for secret in known.secrets:
        if secret.is_live(now):
            yield secret, context.sealer.open(SEAL, secret.secret_id, secret.sealed)


def verify(context: Context, presented: Presented, known: Known) -> Proof | None:
    """Compare what was shown with every live secret, in constant time."""
    secret = presented.proof.encode()
    matches = [hmac.compare_digest(clear, secret) for _, clear in live_secrets(context, known)]
    return HOLDS if any(matches) else None
