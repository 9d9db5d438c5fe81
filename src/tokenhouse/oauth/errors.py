"""The refusals that a client can see, one class per wire error (RFC 6749 section 5.2).

    OAuthError
    ├── InvalidRequest (400)        ├── InvalidDpopProof (400)
    │   └── NotBasic (401)          │   └── UseDpopNonce
    ├── InvalidClient (401)         ├── UnsupportedMediaType (422)
    ├── InvalidGrant (400)          ├── MethodNotAllowed (405)
    ├── UnauthorizedClient (400)    └── TemporarilyUnavailable (503)
    ├── UnsupportedGrantType (400)      └── SlowDown (429)
    ├── InvalidScope (400)
    └── InvalidTarget (400)

The description is public and never quotes what was sent; the detail is for the log alone.
"""

from __future__ import annotations

from typing import ClassVar


class OAuthError(Exception):
    """A refusal with its code, status and public description."""

    code: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400
    default: ClassVar[str] = "The request is malformed."

    def __init__(self, description: str | None = None, *, detail: str = "") -> None:
        """Refuse.

        Args:
            description: public text, `error_description`; the class's own when None.
            detail: private text for the log; may say what the public must not learn.

        """
        super().__init__(description or self.default)
        self.description = description or self.default
        self.detail = detail

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers that go with the refusal."""
        return []

    @property
    def body(self) -> dict[str, object]:
        """The JSON object of RFC 6749 section 5.2, and `detail` for clients of the reference."""
        return {
            "error": self.code,
            "error_description": self.description,
            "detail": self.description,
        }


class InvalidRequest(OAuthError):
    """A parameter is missing, repeated, malformed, or two contradict each other."""


class NotBasic(InvalidRequest):
    """No or unreadable Basic header where there must be one: 401, so that a browser can ask."""

    status = 401
    default = "Send the e-mail address and the password as HTTP Basic (UTF-8)."

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The challenge (RFC 7617 section 2)."""
        return [BASIC_CHALLENGE]


class InvalidClient(OAuthError):
    """Client authentication failed; says nothing about why."""

    code = "invalid_client"
    status = 401
    default = "Client authentication failed."

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """A challenge whichever method was used (RFC 9110 section 15.5.2)."""
        return [BASIC_CHALLENGE]


class InvalidGrant(OAuthError):
    """Wrong password, unknown or disabled user: one text for all."""

    code = "invalid_grant"
    default = "The user name or the password is wrong."


class UnauthorizedClient(OAuthError):
    """The client may not use this grant type."""

    code = "unauthorized_client"
    default = "This client may not use this grant type."


class UnsupportedGrantType(OAuthError):
    """The grant type is not offered here."""

    code = "unsupported_grant_type"
    default = "This grant_type is not offered; the metadata document lists those that are."


class InvalidScope(OAuthError):
    """The scope is unknown, malformed, or more than the credential may have."""

    code = "invalid_scope"
    default = "The scope is unknown, malformed, or not allowed for this credential."


class InvalidTarget(OAuthError):
    """The resource is not one that tokens are made for here (RFC 8707 section 2)."""

    code = "invalid_target"
    default = "The resource is not one that tokens are issued for here."


class InvalidDpopProof(OAuthError):
    """A DPoP proof that does not hold, or is missing where one is needed (RFC 9449 section 5)."""

    code = "invalid_dpop_proof"
    default = "The DPoP proof is not valid."


class UseDpopNonce(InvalidDpopProof):
    """A DPoP proof without the nonce that it needs (RFC 9449 section 8)."""

    code = "use_dpop_nonce"
    default = "Send the proof again, with the nonce of the DPoP-Nonce header."

    def __init__(self, nonce: str) -> None:
        """Refuse, giving the `nonce` to use."""
        super().__init__()
        self.nonce = nonce

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """`DPoP-Nonce` (section 8.1)."""
        return [(b"dpop-nonce", self.nonce.encode())]


class UnsupportedMediaType(OAuthError):
    """The body is not a form; answered as the reference's framework would, with 422."""

    status = 422
    default = "Send the parameters as application/x-www-form-urlencoded."

    @property
    def body(self) -> dict[str, object]:
        """`detail` as the list that clients of the reference expect with 422."""
        where = {"loc": ["header", "content-type"], "msg": self.description, "type": "media_type"}
        return {**super().body, "detail": [where]}


class MethodNotAllowed(OAuthError):
    """The path exists, but not with this method."""

    status = 405
    default = "This method is not allowed here; see the Allow header."

    def __init__(self, allowed: str) -> None:
        """Refuse, naming the methods that are `allowed`, comma-separated."""
        super().__init__()
        self.allowed = allowed

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """`Allow` (RFC 9110 section 15.5.6)."""
        return [(b"allow", self.allowed.encode())]


class TemporarilyUnavailable(OAuthError):
    """Cannot be answered just now; nothing was changed, try again."""

    code = "temporarily_unavailable"
    status = 503
    default = "The service cannot answer just now; try again."

    def __init__(self, description: str | None = None, *, retry_after: int = 1) -> None:
        """Refuse for `retry_after` seconds."""
        super().__init__(description)
        self.retry_after = retry_after

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """`Retry-After` in seconds (RFC 9110 section 10.2.3)."""
        return [(b"retry-after", str(self.retry_after).encode())]


class SlowDown(TemporarilyUnavailable):
    """Too many failures from here; wait."""

    status = 429
    default = "Too many failures; wait as long as Retry-After says."


CODES = (
    InvalidRequest.code,
    InvalidClient.code,
    InvalidGrant.code,
    UnauthorizedClient.code,
    UnsupportedGrantType.code,
    InvalidScope.code,
    InvalidTarget.code,
    InvalidDpopProof.code,
    UseDpopNonce.code,
    TemporarilyUnavailable.code,
)
"""Every `error` that a protocol endpoint can answer with."""
BASIC_CHALLENGE = (b"www-authenticate", b'Basic realm="tokenhouse", charset="UTF-8"')
