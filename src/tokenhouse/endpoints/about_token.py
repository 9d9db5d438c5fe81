"""What revocation and introspection share: who asks, about which token.

Who asks is a client by one of its authentication methods, or a person by
`Authorization: Bearer` in place of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.client_auth import authenticate
from tokenhouse.oauth.asked import KNOWN, Asked, Request, read
from tokenhouse.oauth.bearer import BEARER, DPOP, BearerError, invalid_token, shows_token
from tokenhouse.oauth.errors import InvalidClient
from tokenhouse.tokens.access_token import AccessToken, InvalidToken, check
from tokenhouse.tokens.shown import Shown, accept

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.client import AuthenticatedClient
    from tokenhouse.settings import Settings
    from tokenhouse.store.users import User

_KNOWN = KNOWN | {"token", "token_type_hint"}


class _NotShown(InvalidClient):
    """A person's token is not good here; the challenge, and a nonce, are its own."""

    def __init__(self, error: BearerError) -> None:
        super().__init__(detail=f"bearer: {error}")
        self._headers = error.headers

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """`WWW-Authenticate`, and `DPoP-Nonce` where one is asked for (RFC 9449 section 9)."""
        return [(name.encode(), value.encode()) for name, value in self._headers.items()]


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, and the token that it is about; None where the token is not good now."""

    client: AuthenticatedClient | None
    user: User | None
    token: AccessToken | None

    @property
    def about(self) -> tuple[str, str]:
        """What the metrics are told: no grant, and how who asks has proven it."""
        return "", self.client.method if self.client else "bearer"

    @property
    def is_admins(self) -> bool:
        """Whether an administrator asks in person."""
        return self.user is not None and self.user.is_superuser

    @property
    def is_owners(self) -> bool:
        """Whether the person whose token it is, or whose credentials', asks."""
        return bool(self.user and self.token and self.user.id == self.token.user.id)


def schemes_of_people(settings: Settings) -> list[str]:
    """Name the schemes that a person can ask by: those of the tokens that people get here.

    Access token types are among the values of RFC 8414's list for introspection (section 2);
    for revocation it knows none.
    """
    if not (settings.basic_token or settings.password_grant):
        return []
    return [DPOP] if settings.require_dpop else [BEARER, DPOP]


async def question(context: Context, request: Request, path: str) -> Question:
    """Read who asks about which token, at this path.

    Raises:
        InvalidClient: nobody who may ask.
        InvalidRequest: malformed, or the token is missing.

    """
    asked = read(request, _KNOWN)
    client = user = None
    if asked.authorization is not None and shows_token(asked.authorization):
        user = await _person(context, asked, context.settings.issuer + path)
    else:
        client = await authenticate(context, asked)
        if client.user_id is None:
            raise InvalidClient(detail="no client authentication")
    try:
        token = await check(context, asked.need("token"), any_audience=True)
    except InvalidToken:
        token = None
    return Question(client, user, token)


async def _person(context: Context, asked: Asked, url: str) -> User:
    shown = Shown([asked.authorization or ""], asked.proofs, "POST", url)
    try:
        token, _ = await accept(context, shown)
    except BearerError as error:
        raise _NotShown(error) from None
    if not token.is_users_own:
        raise _NotShown(invalid_token())
    return token.user
