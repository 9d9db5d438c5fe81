"""Checking an access token of ours, strictly (RFC 9068 section 4), and whether it still lives.

What a resource API does offline, and after it what only we can: is the user active, is the
credential there, are tokens of this generation still good?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tokenhouse.oauth.client import FIRST_PARTY
from tokenhouse.oauth.jwt_claims import (
    LEEWAY,
    MalformedJwt,
    numeric_date,
    read_header,
    text_claim,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tokenhouse.context import Context
    from tokenhouse.store.clients import Owned
    from tokenhouse.store.users import User


class InvalidToken(Exception):
    """The token is not good now; the message is for the log."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A good token: the claims, whose it is, and through which client it was got."""

    claims: Mapping[str, object]
    user: User
    client: Owned | None

    @property
    def is_users_own(self) -> bool:
        """Tell a token that a person signed in for from one that a program got."""
        return self.claims["sub"] == self.user.id

    @property
    def bound_to(self) -> object:
        """The thumbprint of the key that the token is bound to (RFC 9449 section 6), if any."""
        confirmation = cast("dict[str, object]", self.claims.get("cnf", {}))
        return confirmation.get("jkt")

    @property
    def token_type(self) -> str:
        """How it is to be sent (RFC 6749 section 7.1)."""
        return "bearer" if self.bound_to is None else "DPoP"

    @property
    def client_id(self) -> str:
        """The client that the token was issued to."""
        return str(self.claims["client_id"])


async def check(context: Context, text: str, *, any_audience: bool = False) -> AccessToken:
    """Check a token.

    Args:
        context: the Context.
        text: as it was sent.
        any_audience: take a token that is for other APIs than this one too.

    Raises:
        InvalidToken: malformed, not ours, ended, or its user or client is no longer good.

    """
    try:
        claims = _read(context, text)
        if not any_audience:
            _check_audience(context, claims)
        names = ("user_id", "client_id", "jti")
        user_id, client_id, jti = (text_claim(claims, name) for name in names)
    except MalformedJwt as error:
        msg = f"malformed: {error}"
        raise InvalidToken(msg) from None
    direct = client_id == FIRST_PARTY.client_id
    asked = context.hot.user.ask(user_id), context.hot.revoked.ask(jti)  # in one batch each
    client = None if direct else await context.hot.owned.ask(client_id)
    user, revoked = await asked[0], await asked[1]
    if user is None or not user.is_active:
        msg = "the user is gone or disabled"
        raise InvalidToken(msg)
    if not direct and (client is None or not client.is_live(context.clock())):
        msg = "the credential is gone, disabled or expired"
        raise InvalidToken(msg)
    token = AccessToken(claims, user, client)
    own = user.generation if token.is_users_own else 0
    through = client.generation if client else 0
    if revoked or jti.partition(".")[0] != str(own + through):
        msg = "revoked, or all tokens of its generation have ended"
        raise InvalidToken(msg)
    return token


def _read(context: Context, text: str) -> Mapping[str, object]:
    """Check what an API can check offline too, but for the audience; return the claims."""
    kid = read_header(text).get("kid")
    signer = context.keyring.find(kid) if isinstance(kid, str) else None
    if signer is None:
        msg = "kid"
        raise MalformedJwt(msg)
    claims, now = signer.read(text), context.clock()
    exp, iat = (numeric_date(claims, name) for name in ("exp", "iat"))
    if exp is None or exp <= now or iat is None or iat > now + LEEWAY:
        msg = "ended or not yet begun"
        raise MalformedJwt(msg)
    if claims.get("iss") != context.settings.issuer:
        msg = "another issuer's"
        raise MalformedJwt(msg)
    return claims


def _check_audience(context: Context, claims: Mapping[str, object]) -> None:
    aud = claims.get("aud")
    if context.settings.issuer not in (aud if isinstance(aud, list) else [aud]):
        msg = "for another audience"
        raise MalformedJwt(msg)
