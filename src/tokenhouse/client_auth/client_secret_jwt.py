"""`client_secret_jwt`: an assertion with an HMAC by the client secret.

RFC 7523 section 2.2, OpenID Connect Core section 9. It also takes assertions whose algorithm
nobody knows, to refuse them like any other that is wrong.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from tokenhouse.client_auth import assertion
from tokenhouse.client_auth.assertion import HMACS, REFUSED, SIGNATURES, TYPES, check_claims
from tokenhouse.client_auth.method import Method, Presented, Proof
from tokenhouse.client_auth.shared_secret import live_secrets

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.jwt_claims import UntrustedJwt
    from tokenhouse.store.client_secrets import Known


def read(asked: Asked) -> Presented | None:
    """Take the assertion apart; see `assertion.read`."""
    return assertion.read(asked, lambda alg: alg not in SIGNATURES)


def verify(context: Context, presented: Presented, known: Known) -> Proof | None:
    """Check the HMAC with every live secret, then the claims."""
    jwt: UntrustedJwt = presented.proof
    if jwt.alg not in HMACS or jwt.typ not in TYPES:
        return None
    signed_by = None
    for secret, clear in live_secrets(context, known):
        expected = hmac.digest(clear, jwt.signing_input, HMACS[jwt.alg])
        if hmac.compare_digest(expected, jwt.signature):
            signed_by = secret.secret_id
    if signed_by is None:
        return None
    settings = context.settings
    own_url = (settings.token_endpoint,) if settings.accept_token_endpoint_audience else ()
    return check_claims(context, jwt, signed_by, settings.issuer, *own_url)


METHOD = Method("client_secret_jwt", read, verify, REFUSED, tuple(HMACS))
