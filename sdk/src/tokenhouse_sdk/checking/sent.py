"""What a request to an API brings: its token, and how it was sent (RFC 6750, RFC 9449)."""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenhouse_sdk.errors import InvalidRequest, NoToken

_SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}


@dataclass(frozen=True, slots=True)
class Sent:
    """The parts of a request that authenticate it; every framework fills one.

    Attributes:
        authorization: every `Authorization` header.
        method: of the request.
        url: where it went, as the outside sees it.
        proofs: every `DPoP` header.

    """

    authorization: Sequence[str]
    method: str = "GET"
    url: str = ""
    proofs: Sequence[str] = ()

    def token(self) -> tuple[str, str]:
        """Return the scheme, `Bearer` or `DPoP`, and the token.

        Raises:
            NoToken: none is sent.
            InvalidRequest: the header is sent twice.

        """
        if len(self.authorization) > 1:
            raise InvalidRequest("The Authorization header is sent twice.")
        scheme, _, token = "".join(self.authorization).strip().partition(" ")
        known = _SCHEMES.get(scheme.lower())
        if known is None:
            raise NoToken("This needs an access token.")
        return known, token.strip()
