"""What the two methods that send an assertion have in common: its form and its claims.

RFC 7523 sections 2.2 and 3, RFC 10070. The traps: an audience that fits several servers, and
an assertion that counts twice. The algorithm's family says which method it is, and follows
from the key: a secret only ever checks an HMAC, a public key never one (RFC 8725 section 2.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.client_auth.method import NOT_NOW, Presented, Proof
from tokenhouse.oauth.asked import ASSERTION_TYPE
from tokenhouse.oauth.errors import InvalidClient, InvalidRequest
from tokenhouse.oauth.jwt_claims import LEEWAY, MalformedJwt, UntrustedJwt, peek_alg, read_jwt
from tokenhouse.store import used_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked

LONGEST_LIFE = 3600  # seconds ahead that `exp` may be
HMACS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}  # RFC 7518 section 3.2
SIGNATURES = ("ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256")
REFUSED = "The client assertion is not valid."
TYPES = frozenset({None, "jwt", "client-authentication+jwt"})


def read(asked: Asked, is_ours: Callable[[str], bool]) -> Presented | None:
    """Take the assertion apart.

    Args:
        asked: the request.
        is_ours: whether the method is the one for this `alg`.

    Raises:
        InvalidRequest: `client_assertion_type` is missing, wrong, or alone.
        InvalidClient: the assertion is malformed.

    """
    assertion = asked.form.get("client_assertion")
    kind = asked.form.get("client_assertion_type")
    if assertion is None and kind is None:
        return None
    if assertion is None or kind != ASSERTION_TYPE:
        msg = f"client_assertion goes with client_assertion_type={ASSERTION_TYPE}"
        raise InvalidRequest(msg)
    if not is_ours(peek_alg(assertion)):
        return None
    try:
        jwt = read_jwt(assertion)
        return Presented(jwt.text("sub"), jwt)
    except MalformedJwt as error:
        raise InvalidClient(REFUSED, detail=f"malformed: {error}") from None


def check_claims(context: Context, jwt: UntrustedJwt, secret_id: str, *audiences: str) -> Proof:
    """Check iss, sub, aud, the times and the form of `jti` (RFC 7523 section 3).

    Args:
        context: the Context.
        jwt: its signature is checked already.
        secret_id: what checked it, for the Proof.
        audiences: each may be the sole audience (RFC 10070 section 4).

    Returns:
        The proof; `NOT_NOW` where a claim is wrong.

    """
    try:
        now = context.clock()
        exp, nbf, iat = (jwt.time(name) for name in ("exp", "nbf", "iat"))
        client_id, jti = jwt.text("sub"), jwt.text("jti")
    except MalformedJwt:
        return NOT_NOW
    if exp is None or not now - LEEWAY < exp <= now + LONGEST_LIFE + LEEWAY:
        return NOT_NOW
    if any(start is not None and start > now + LEEWAY for start in (nbf, iat)):
        return NOT_NOW
    if jwt.claims.get("iss") != client_id or not _is_for(jwt.claims.get("aud"), audiences):
        return NOT_NOW
    return Proof(secret_id, (used_once.digest(client_id, jti), exp + LEEWAY))


def _is_for(aud: object, audiences: tuple[str, ...]) -> bool:
    """Tell whether one of them is the sole audience, as text or alone in an array."""
    return any(aud in (name, [name]) for name in audiences)
