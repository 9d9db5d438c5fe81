"""Is this access token good for this API (RFC 9068 section 4)?

The first check fetches the issuer's keys and revocations; after it a thread keeps them current,
and a check is one signature.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Self, cast

import httpx

from tokenhouse_sdk.checking.follower import Follower
from tokenhouse_sdk.checking.jws import Malformed, number, read, text
from tokenhouse_sdk.checking.key_set import KeySet
from tokenhouse_sdk.checking.proof import Proofs
from tokenhouse_sdk.checking.revocations import EVERY, Revocations
from tokenhouse_sdk.checking.sent import Sent
from tokenhouse_sdk.errors import InsufficientScope, InvalidToken

Claims = dict[str, Any]
_TYPE = "at+jwt"
_TEXTS = ("sub", "client_id", "jti")


class TokenChecker:
    """Checks the tokens of one issuer for one API; any number of threads and tasks may share it."""

    def __init__(
        self,
        issuer: str,
        audience: str | Sequence[str] | None = None,
        *,
        revocations: bool = True,
        every: float = EVERY,
        leeway: float = 5.0,
        **options: Any,  # noqa: ANN401 - they are httpx's
    ) -> None:
        """Make one; nothing is fetched yet.

        Args:
            issuer: the service's URL, exactly as its tokens name it.
            audience: what the token must be for, any one of several; else the issuer.
            revocations: follow the feed of what ended early.
            every: seconds between two looks at it.
            leeway: seconds between the issuer's clock and ours.
            options: how to reach the issuer, as `httpx.Client` takes them: `verify`, `proxy`,
                `timeout`, `trust_env`.

        """
        self.issuer = issuer.rstrip("/")
        given = (audience,) if isinstance(audience, str) else audience
        self._audiences = frozenset(given or (self.issuer,))
        self._leeway = leeway
        options.setdefault("timeout", 5.0)
        self._http = httpx.Client(**options)
        self._keys = KeySet(f"{self.issuer}/.well-known/jwks.json", self._http)
        self._revocations = Revocations(
            f"{self.issuer}/.well-known/revocations", self.issuer, self._keys, self._http
        )
        self._follows, self._every = revocations, every
        self._proofs = Proofs()
        self._beginning = threading.Lock()
        self._follower: Follower | None = None

    def check(self, token: str) -> Claims:
        """Return the claims of a good bearer token.

        Raises:
            InvalidToken: it is malformed, ended, revoked, for somebody else, or bound to a key.
            ServiceUnavailable: the issuer's keys cannot be had.

        """
        claims = self._checked(token)
        if _bound_to(claims):
            raise InvalidToken("The token is bound to a key.", scheme="DPoP")
        return claims

    def check_request(self, sent: Sent, scopes: Sequence[str] = ()) -> Claims:
        """Return the claims of the token that a request brings.

        Args:
            sent: the request's parts.
            scopes: what the token must have, all of them.

        Raises:
            NoToken, InvalidRequest, InvalidToken, InvalidDpopProof, InsufficientScope: refused.
            ServiceUnavailable: the issuer's keys cannot be had.

        """
        scheme, token = sent.token()
        claims = self._checked(token)
        jkt = _bound_to(claims)
        if scheme == "DPoP" and not jkt:
            raise InvalidToken("The token is not bound to a key.")
        if scheme == "Bearer" and jkt:
            raise InvalidToken("The token is bound to a key.", scheme="DPoP")
        if jkt:
            self._proofs.check(sent, token, jkt)
        if not set(scopes) <= set(text(claims, "scope").split()):
            raise InsufficientScope(scopes, scheme=scheme)
        return claims

    async def check_request_async(self, sent: Sent, scopes: Sequence[str] = ()) -> Claims:
        """Do as `check_request`; what must be fetched first is fetched in a thread."""
        if self._is_at_hand(sent):
            return self.check_request(sent, scopes)
        return await asyncio.to_thread(self.check_request, sent, scopes)

    def close(self) -> None:
        """Stop following the issuer; the next check begins anew."""
        with self._beginning:
            if self._follower is not None:
                self._follower.stop()
            self._follower = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked(self, token: str) -> Claims:
        if self._follower is None or not self._follower.is_alive:
            self._begin()
        try:
            signed = read(token)
            if signed.typ != _TYPE or not self._keys.find(signed.kid).verify(signed):
                raise InvalidToken("The signature does not hold.")
            claims = signed.claims()
            self._check_claims(claims)
        except Malformed:
            raise InvalidToken("The token is malformed.") from None
        if self._follows and self._revocations.end(claims):
            raise InvalidToken("The token was revoked.")
        return claims

    def _check_claims(self, claims: Claims) -> None:
        now = time.time()
        if claims.get("iss") != self.issuer:
            raise InvalidToken("The token is another issuer's.")
        aud = claims.get("aud")
        named = cast("list[object]", aud) if isinstance(aud, list) else [aud]
        if not any(isinstance(one, str) and one in self._audiences for one in named):
            raise InvalidToken("The token is for another API.")
        if number(claims, "exp") <= now - self._leeway:
            raise InvalidToken("The token has ended.")
        if max(number(claims, "iat"), number(claims, "nbf", 0.0)) > now + self._leeway:
            raise InvalidToken("The token is not good yet.")
        if not all(text(claims, name) for name in _TEXTS):
            raise Malformed("a claim is missing")

    def _is_at_hand(self, sent: Sent) -> bool:
        if self._follower is None or not self._follower.is_alive:
            return False
        try:
            return self._keys.is_at_hand(read(sent.token()[1]).kid)
        except Exception:  # noqa: BLE001 - whatever is wrong with it is said by the check
            return True

    def _begin(self) -> None:
        with self._beginning:
            if self._follower is None or not self._follower.is_alive:
                self._refresh()
                self._follower = Follower(self._refresh, self._every)

    def _refresh(self) -> None:
        self._keys.refresh()
        if self._follows:
            self._revocations.refresh()


@lru_cache(maxsize=64)
def shared(issuer: str, audience: str | tuple[str, ...] | None) -> TokenChecker:
    """Return the one checker for an issuer and audience; routes with other scopes share it."""
    return TokenChecker(issuer, audience)


def _bound_to(claims: Claims) -> str:
    """The thumbprint of the key that a token is bound to (RFC 9449 section 6), "" if to none."""
    confirmation = claims.get("cnf")
    if confirmation is None:
        return ""
    jkt = text(cast("Claims", confirmation), "jkt") if isinstance(confirmation, dict) else ""
    if not jkt:
        raise InvalidToken("The token is bound in a way that is not known here.")
    return jkt
