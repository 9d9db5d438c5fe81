"""Reading `Authorization: Bearer` or `DPoP`, and refusing as RFC 6750 section 3 says.

Tokens in the query or the body (sections 2.2 and 2.3) are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.oauth.dpop import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 9110 section 11.2
BEARER, DPOP = "Bearer", "DPoP"
_SCHEMES = {scheme.lower(): scheme for scheme in (BEARER, DPOP)}


@dataclass(frozen=True, slots=True)
class ShownToken:
    """An access token and the scheme that it was sent with, `Bearer` or `DPoP`."""

    text: str
    scheme: str


class BearerError(Exception):
    """A refusal of a protected resource.

    Attributes:
        code: `error` of RFC 6750 section 3.1, or None where no token was sent.
        status: HTTP status.
        description: public text.
        scheme: of the challenge, `Bearer` or `DPoP`.
        nonce: for the next DPoP proof (RFC 9449 section 9), if one is needed.

    """

    def __init__(
        self,
        code: str | None,
        status: int,
        description: str,
        scheme: str = BEARER,
        nonce: str | None = None,
    ) -> None:
        """Refuse; see the attributes."""
        super().__init__(description)
        self.code, self.status, self.description = code, status, description
        self.scheme, self.nonce = scheme, nonce

    @property
    def challenge(self) -> str:
        """`WWW-Authenticate`; without an error code where no token was sent."""
        text = f'{self.scheme} realm="tokenhouse"'
        if self.scheme == DPOP:
            text += f', algs="{" ".join(ALGORITHMS)}"'  # RFC 9449 section 7.1
        if self.code:
            text += f', error="{self.code}", error_description="{self.description}"'
        return text

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with the refusal."""
        nonce = {} if self.nonce is None else {"dpop-nonce": self.nonce}
        return {"www-authenticate": self.challenge, **nonce}


def no_token() -> BearerError:
    """No token was sent: 401 without an error code (RFC 6750 section 3.1)."""
    return BearerError(None, 401, "Not authenticated: send Authorization: Bearer.")


def invalid_token(scheme: str = BEARER) -> BearerError:
    """Refuse an expired, revoked, malformed or otherwise invalid token: 401."""
    return BearerError("invalid_token", 401, "The access token is not valid.", scheme)


def insufficient_scope(description: str) -> BearerError:
    """Refuse a good token that may not do this: 403."""
    return BearerError("insufficient_scope", 403, description)


def shows_token(authorization: str) -> bool:
    """Tell whether a header's scheme is one that shows an access token."""
    return authorization.partition(" ")[0].lower() in _SCHEMES


def read_token(authorization: Sequence[str]) -> ShownToken:
    """Return the token and its scheme.

    Args:
        authorization: every `Authorization` header sent.

    Raises:
        BearerError: none, several, another scheme, or not a token68.

    """
    if len(authorization) > 1:
        raise BearerError("invalid_request", 400, "The Authorization header is sent twice.")
    name, _, token = authorization[0].partition(" ") if authorization else ("", "", "")
    scheme = _SCHEMES.get(name.lower())
    if scheme is None:
        raise no_token()
    token = token.strip(" ")
    if not _TOKEN68.fullmatch(token):
        raise invalid_token(scheme)
    return ShownToken(token, scheme)
