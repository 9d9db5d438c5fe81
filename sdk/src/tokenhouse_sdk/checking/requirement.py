"""What an API asks of a request, and what it answers where that is not met (RFC 6750 section 3).

The frameworks' files fill a `Sent` and turn an `Answer` into their own; nothing else differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from tokenhouse_sdk.checking.checker import Claims, TokenChecker, shared
from tokenhouse_sdk.checking.sent import Sent
from tokenhouse_sdk.errors import Refused, ServiceUnavailable

Unmet = (Refused, ServiceUnavailable)


@dataclass(frozen=True, slots=True)
class Answer:
    """A refusal: status, JSON body, headers."""

    status: int
    body: dict[str, str]
    headers: dict[str, str]


class Requirement:
    """A good token of one issuer for this API, with these scopes."""

    def __init__(
        self,
        issuer: str | TokenChecker,
        audience: str | Sequence[str] | None = None,
        *,
        scopes: Sequence[str] = (),
        realm: str = "api",
        base_url: str | None = None,
    ) -> None:
        """Make one; those of one issuer and audience share keys and revocations.

        Args:
            issuer: the service's URL, or a checker that is set up already.
            audience: what the token must be for, any one of several; else the issuer.
            scopes: what the token must have, all of them.
            realm: of the challenge.
            base_url: this API as its callers see it, where a proxy stands before it; DPoP proofs
                are made for that.

        """
        known = audience if isinstance(audience, str) or audience is None else tuple(audience)
        self.checker = issuer if isinstance(issuer, TokenChecker) else shared(issuer, known)
        self._scopes = tuple(scopes)
        self._realm = realm
        self._base_url = (base_url or "").rstrip("/")

    def check(self, sent: Sent) -> Claims:
        """Return the claims of the token that a request brings; raises one of `Unmet`."""
        return self.checker.check_request(self._as_seen(sent), self._scopes)

    async def check_async(self, sent: Sent) -> Claims:
        """Return the claims of the token that a request brings; raises one of `Unmet`."""
        return await self.checker.check_request_async(self._as_seen(sent), self._scopes)

    def answer(self, error: Exception) -> Answer:
        """Make the answer to a request that raised one of `Unmet`."""
        if isinstance(error, Refused):
            body = {"error": error.error} if error.error else {}
            headers = {"WWW-Authenticate": error.challenge(self._realm)}
            return Answer(error.status, {**body, "detail": str(error)}, headers)
        wait = error.retry_after if isinstance(error, ServiceUnavailable) else 5
        detail = "Access tokens cannot be checked now."
        headers = {"Retry-After": str(wait)}
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, {"detail": detail}, headers)

    def _as_seen(self, sent: Sent) -> Sent:
        if not self._base_url:
            return sent
        url = self._base_url + urlsplit(sent.url).path
        return Sent(sent.authorization, sent.method, url, sent.proofs)
