"""`client_secret_post`: id and secret in the body (RFC 6749 section 2.3.1)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from tokenhouse.client_auth.method import HOLDS, Method, Presented, Proof, live_secrets

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.store.client_secrets import Known


def read(asked: Asked) -> Presented | None:
    """Read the two parameters; one without the other is not this method."""
    client_id, secret = asked.form.get("client_id"), asked.form.get("client_secret")
    return Presented(client_id, secret) if client_id and secret else None


def verify(context: Context, presented: Presented, known: Known) -> Proof | None:
    """Compare with every live secret, in constant time."""
    secret = presented.proof.encode()
    matches = [hmac.compare_digest(clear, secret) for _, clear in live_secrets(context, known)]
    return HOLDS if any(matches) else None


METHOD = Method("client_secret_post", read, verify)
