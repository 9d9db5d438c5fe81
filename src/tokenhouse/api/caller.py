"""The caller of the management API: bearer token → who acts, and what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from tokenhouse.actor import Actor
from tokenhouse.oauth.bearer import insufficient_scope
from tokenhouse.tokens.access_token import AccessToken
from tokenhouse.tokens.shown import Shown, accept

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.origin import Origin

SENT_METHOD = "tokenhouse.sent_method"  # in the scope, where HEAD is answered as GET
_scheme = HTTPBearer(
    bearerFormat="JWT",
    scheme_name="bearer",
    description="An access token of this service (RFC 6750 section 2.1).",
    auto_error=False,
)


def context_of(request: Request) -> Context:
    """Return the Context of the application."""
    context: Context = request.app.state.context
    return context


def origin_of(request: Request) -> Origin:
    """Return where the request came from."""
    origin: Origin = request.scope["origin"]
    return origin


async def authenticate(request: Request) -> None:
    """Check the caller's access token, before anything else of the request is looked at.

    Raises:
        BearerError: as RFC 6750 section 3.1 says.

    """
    context, headers = context_of(request), request.headers
    shown = Shown(
        headers.getlist("authorization"),
        headers.getlist("dpop"),
        request.scope.get(SENT_METHOD, request.method),
        context.settings.issuer + request.scope["path"],
    )
    request.state.token, request.state.sender_key = await accept(context, shown)


def token_of(request: Request, _documented: Annotated[object, Security(_scheme)]) -> AccessToken:
    """Return the caller's access token, as `authenticate` checked it."""
    token: AccessToken = request.state.token
    return token


Token = Annotated[AccessToken, Depends(token_of)]


def manager_of(request: Request, token: Token) -> Actor:
    """Return who manages credentials: a person, or a program for its owner.

    Raises:
        BearerError: a program, and `clients_may_manage_clients` is off.

    """
    if token.is_users_own:
        return Actor(token.user.id, token.user.is_superuser, origin=origin_of(request))
    if not context_of(request).settings.clients_may_manage_clients:
        msg = "Tokens of app credentials may not manage credentials here."
        raise insufficient_scope(msg)
    return Actor(token.user.id, client_id=token.client_id, origin=origin_of(request))


def person_of(token: Token) -> AccessToken:
    """Return the token of a person.

    Raises:
        BearerError: the token is a program's.

    """
    if not token.is_users_own:
        msg = "This takes a token that a person signed in for."
        raise insufficient_scope(msg)
    return token


def admin_of(request: Request, token: Annotated[AccessToken, Depends(person_of)]) -> Actor:
    """Return the administrator who acts in person.

    Raises:
        BearerError: a program's token, or not an administrator's.

    """
    if not token.user.is_superuser:
        msg = "This takes the token of an administrator."
        raise insufficient_scope(msg)
    return Actor(token.user.id, is_admin=True, origin=origin_of(request))


Admin = Annotated[Actor, Depends(admin_of)]
Manager = Annotated[Actor, Depends(manager_of)]
Person = Annotated[AccessToken, Depends(person_of)]
