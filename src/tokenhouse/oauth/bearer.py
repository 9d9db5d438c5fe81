"""Reading `Authorization: Bearer` and refusing as RFC 6750 section 3 says.

Tokens in the query or the body (sections 2.2 and 2.3) are not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 9110 section 11.2


class BearerError(Exception):
    """A refusal of a protected resource.

    Attributes:
        code: `error` of RFC 6750 section 3.1, or None where no token was sent.
        status: HTTP status.
        description: public text.

    """

    def __init__(self, code: str | None, status: int, description: str) -> None:
        """Refuse with this code, status and public description."""
        super().__init__(description)
        self.code, self.status, self.description = code, status, description

    @property
    def challenge(self) -> str:
        """`WWW-Authenticate`; without an error code where no token was sent."""
        text = 'Bearer realm="tokenhouse"'
        if self.code:
            text += f', error="{self.code}", error_description="{self.description}"'
        return text


def no_token() -> BearerError:
    """No token was sent: 401 without an error code (RFC 6750 section 3.1)."""
    return BearerError(None, 401, "Not authenticated: send Authorization: Bearer.")


def invalid_token(description: str = "The access token is not valid.") -> BearerError:
    """Refuse an expired, revoked, malformed or otherwise invalid token: 401."""
    return BearerError("invalid_token", 401, description)


def insufficient_scope(description: str) -> BearerError:
    """Refuse a good token that may not do this: 403."""
    return BearerError("insufficient_scope", 403, description)


def read_bearer(authorization: Sequence[str]) -> str:
    """Return the token.

    Args:
        authorization: every `Authorization` header sent.

    Raises:
        BearerError: none, several, another scheme, or not a token68.

    """
    if len(authorization) > 1:
        raise BearerError("invalid_request", 400, "The Authorization header is sent twice.")
    scheme, _, token = authorization[0].partition(" ") if authorization else ("", "", "")
    if scheme.lower() != "bearer":
        raise no_token()
    token = token.strip(" ")
    if not _TOKEN68.fullmatch(token):
        raise invalid_token()
    return token
