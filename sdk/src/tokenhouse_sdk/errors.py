"""Everything that goes wrong, as one tree; no message holds a secret or a token.

TokenhouseError
├── CredentialsError       none found, or a file that others can read
├── TokenRefused           the service says no: error, description, status
├── ServiceUnavailable     it is away or too busy: retry_after
└── Refused                what an API answers to its caller: status, error
    ├── NoToken            401, without an error code (RFC 6750 section 3.1)
    ├── InvalidRequest     400
    ├── InvalidToken       401
    ├── InvalidDpopProof   401 (RFC 9449 section 7.1)
    └── InsufficientScope  403
"""

from collections.abc import Sequence
from typing import ClassVar


class TokenhouseError(Exception):
    """The root of all errors of this package."""


class CredentialsError(TokenhouseError):
    """There are no credentials, or none that may be used; the message says what to do."""


class TokenRefused(TokenhouseError):
    """The service refused to issue a token (RFC 6749 section 5.2).

    Attributes:
        error: its error code, such as `invalid_client`.
        description: what it says about it.
        status: the HTTP status.

    """

    def __init__(self, error: str, description: str, status: int) -> None:
        """Keep the parts."""
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error
        self.description = description
        self.status = status


class ServiceUnavailable(TokenhouseError):
    """The service cannot be reached or is too busy.

    Attributes:
        retry_after: seconds after which to try again.

    """

    def __init__(self, message: str, retry_after: int = 5) -> None:
        """Keep the parts."""
        super().__init__(message)
        self.retry_after = retry_after


class Refused(TokenhouseError):
    """A request to an API is refused; the message may be shown to its sender.

    Attributes:
        scheme: how the token should have been sent, `Bearer` or `DPoP`.

    """

    status: ClassVar[int] = 401
    error: ClassVar[str] = ""

    def __init__(self, message: str, *, scheme: str = "Bearer") -> None:
        """Keep the parts."""
        super().__init__(message)
        self.scheme = scheme

    def challenge(self, realm: str) -> str:
        """Write the value of `WWW-Authenticate` (RFC 6750 section 3, RFC 9449 section 7.1)."""
        parts = [f'realm="{realm}"', *self._parts()]
        return f"{self.scheme} {', '.join(parts)}"

    def _parts(self) -> list[str]:
        return [f'error="{self.error}"', f'error_description="{self}"'] if self.error else []


class NoToken(Refused):
    """No access token was sent; the challenge has no error code."""


class InvalidRequest(Refused):
    """The request is malformed, such as by two tokens."""

    status = 400
    error = "invalid_request"


class InvalidToken(Refused):
    """The token is not good: malformed, ended, revoked, for somebody else."""

    error = "invalid_token"


class InvalidDpopProof(Refused):
    """The token is bound to a key, and nothing shows that the sender holds it."""

    error = "invalid_dpop_proof"

    def __init__(self, message: str) -> None:
        """Keep the parts."""
        super().__init__(message, scheme="DPoP")


class InsufficientScope(Refused):
    """The token is good, but not for this.

    Attributes:
        scopes: what is needed.

    """

    status = 403
    error = "insufficient_scope"

    def __init__(self, scopes: Sequence[str], *, scheme: str = "Bearer") -> None:
        """Keep the parts."""
        super().__init__("The token does not have the scope for this.", scheme=scheme)
        self.scopes = tuple(scopes)

    def _parts(self) -> list[str]:
        return [*super()._parts(), f'scope="{" ".join(self.scopes)}"']
