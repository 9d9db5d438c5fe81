"""`client_secret_jwt`: an assertion with an HMAC by the client secret.

RFC 7523 sections 2.2 and 3, RFC 10070, OpenID Connect Core section 9. The traps: an algorithm
that the header chooses freely (RFC 8725 section 2.1), an audience that fits several servers,
and an assertion that counts twice. The algorithm follows the key: a secret only ever checks
an HMAC. The `jti` is recorded last, so that a bad assertion never burns one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenhouse.client_auth.method import Method, Presented, Proof
from tokenhouse.client_auth.shared_secret import live_secrets
from tokenhouse.crypto.signer import ALGORITHMS
from tokenhouse.oauth.errors import InvalidClient, InvalidRequest
from tokenhouse.oauth.jwt_claims import LEEWAY, MalformedJwt, UntrustedJwt, read_jwt
from tokenhouse.store import used_once

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.store.client_secrets import Known

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE = 3600  # seconds ahead that `exp` may be
HMACS = ("HS256", "HS384", "HS512")
REFUSED = "The client assertion is not valid."
_TYPES = frozenset({None, "jwt", "client-authentication+jwt"})


def read(asked: Asked) -> Presented | None:
    """Take the assertion apart.

    Raises:
        InvalidRequest: `client_assertion_type` is missing, wrong, or alone.
        InvalidClient: the assertion is malformed.

    """
    assertion, kind = (asked.form.get(f"client_assertion{end}") for end in ("", "_type"))
    if assertion is None and kind is None:
        return None
    if assertion is None or kind != ASSERTION_TYPE:
        msg = f"client_assertion goes with client_assertion_type={ASSERTION_TYPE}"
        raise InvalidRequest(msg)
    try:
        jwt = read_jwt(assertion)
        return Presented(jwt.text("sub"), jwt)
    except MalformedJwt as error:
        raise InvalidClient(REFUSED, detail=f"malformed: {error}") from None


def verify(context: Context, presented: Presented, known: Known) -> Proof | None:
    """Check the signature, then the claims."""
    jwt: UntrustedJwt = presented.proof
    if jwt.alg not in HMACS or jwt.typ not in _TYPES:
        return None
    algorithm: Any = ALGORITHMS[jwt.alg]
    signed = [
        algorithm.verify(jwt.signing_input, clear, jwt.signature)
        for _, clear in live_secrets(context, known)
    ]
    if not any(signed):
        return None
    try:
        return check_claims(context, jwt)
    except MalformedJwt:
        return None


def check_claims(context: Context, jwt: UntrustedJwt) -> Proof | None:
    """Check iss, sub, aud, the times and the form of `jti` (RFC 7523 section 3).

    Raises:
        MalformedJwt: a claim is missing or of a wrong type.

    """
    now = context.clock()
    exp, nbf, iat = (jwt.time(name) for name in ("exp", "nbf", "iat"))
    if exp is None or not now - LEEWAY < exp <= now + LONGEST_LIFE + LEEWAY:
        return None
    if any(start is not None and start > now + LEEWAY for start in (nbf, iat)):
        return None
    client_id = jwt.text("sub")
    if jwt.text("iss") != client_id or not _is_for_us(context, jwt.claims.get("aud")):
        return None
    return Proof((used_once.digest(client_id, jwt.text("jti")), exp + LEEWAY))


def _is_for_us(context: Context, aud: object) -> bool:
    """Tell whether the issuer is the sole audience (RFC 10070 section 4)."""
    settings = context.settings
    if settings.accept_token_endpoint_audience and aud in _alone(settings.token_endpoint):
        return True
    return aud in _alone(settings.issuer)


def _alone(name: str) -> tuple[str, list[str]]:
    """Return the two forms of a sole audience (RFC 7519 section 4.1.3)."""
    return name, [name]


METHOD = Method("client_secret_jwt", read, verify, REFUSED, HMACS)
