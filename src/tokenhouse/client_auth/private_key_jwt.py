"""`private_key_jwt`: an assertion signed with a key of the client's own.

RFC 7523 section 2.2, RFC 10070: the issuer is the sole audience, without exception; the token
endpoint's URL is not. The traps: a key that the assertion itself brings or points to (never
honoured, see `jwt_claims`), and an algorithm that does not belong to the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.client_auth import assertion
from tokenhouse.client_auth.assertion import REFUSED, SIGNATURES, TYPES, check_claims
from tokenhouse.client_auth.method import Method, Presented, Proof
from tokenhouse.crypto.public_keys import load, nobodys
from tokenhouse.store.clients import KEY_METHOD
from tokenhouse.store.last_used import BY_KEY

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.jwt_claims import UntrustedJwt
    from tokenhouse.store.client_secrets import Known


def read(asked: Asked) -> Presented | None:
    """Take the assertion apart; see `assertion.read`."""
    return assertion.read(asked, lambda alg: alg in SIGNATURES)


def verify(context: Context, presented: Presented, known: Known) -> Proof | None:
    """Check the signature with the key that `kid` names or, without it, each that fits."""
    jwt: UntrustedJwt = presented.proof
    if jwt.typ not in TYPES:
        return None
    keys = load(known.owned.jwks) if known.owned.jwks else ()
    fitting = [key for key in keys if key.fits(jwt.alg, jwt.header.get("kid"))]
    # A client without such a key takes as long as one whose key did not sign it.
    tried = fitting or [nobodys(jwt.alg)]
    signed = any(key.verify(jwt.alg, jwt.signing_input, jwt.signature) for key in tried)
    if not signed or not fitting:
        return None
    return check_claims(context, jwt, BY_KEY, context.settings.issuer)


METHOD = Method(KEY_METHOD, read, verify, REFUSED, SIGNATURES)
