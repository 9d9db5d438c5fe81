"""Try it: get an access token in the page, and see it decoded claim by claim.

Nothing is changed by it, so the answer to the form is the page itself. A credential's token takes
the steps of the token endpoint, its throttle and its last use with them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tokenhouse.client_auth import authenticate
from tokenhouse.console.page import Page, Visit
from tokenhouse.grants import choose
from tokenhouse.oauth.approval import Approval
from tokenhouse.oauth.asked import Asked
from tokenhouse.oauth.client import FIRST_PARTY
from tokenhouse.oauth.errors import OAuthError
from tokenhouse.oauth.jwt_claims import read_jwt
from tokenhouse.oauth.scope import narrow
from tokenhouse.possession import needed_sender_key
from tokenhouse.store import scopes
from tokenhouse.tokens.issue import issue

if TYPE_CHECKING:
    from starlette.responses import Response

MEANINGS = {
    "iss": "Who issued it: this service.",
    "sub": "For whom: the person, or the credential that asked.",
    "aud": "For which APIs.",
    "client_id": "Through which credential; first-party: through none.",
    "iat": "Issued at.",
    "exp": "Refused from then on.",
    "jti": "Its own name, by which it can be revoked.",
    "user_id": "Whose it is.",
    "scope": "What it allows.",
    "cnf": "The key that it is bound to.",
}
_TIMES = {"iat", "exp"}
_FIELDS = frozenset({"as", "client_id", "client_secret"})


class Claim(NamedTuple):
    """One member of the token, for people; `time` in unix seconds where it is one."""

    name: str
    value: str
    meaning: str
    time: float | None


async def show(visit: Visit) -> Response:
    """Show the form."""
    return _page(visit, {}, None)


def _page(visit: Visit, errors: dict[str, str], shown: dict[str, Any] | None) -> Response:
    values = {"client_id": visit.asked("client_id"), "by_password": _by_password(visit)}
    return visit.page("try_it.html", 422 if errors else 200, errors=errors, shown=shown, **values)


def _by_password(visit: Visit) -> bool:
    """Tell whether people get tokens of their own here at all."""
    return visit.context.settings.password_grant or visit.context.settings.basic_token


async def get(visit: Visit) -> Response:
    """Get a token and show it."""
    settings, own = visit.context.settings, visit.asked("as") == "me" and _by_password(visit)
    try:
        needed_sender_key(visit.context, (), "POST", settings.token_endpoint)
        made = await (_own(visit) if own else _by_client(visit))
    except OAuthError as error:
        return _page(visit, {"me" if own else "client_secret": error.description}, None)
    return _page(visit, {}, _decoded(made))


async def _own(visit: Visit) -> dict[str, Any]:
    context, user = visit.context, visit.me.user
    scope = narrow(None, await context.database.read(scopes.names))
    approval = Approval(user.id, user.id, FIRST_PARTY.client_id, user.generation, scope)
    return await issue(context, approval, context.settings.audiences)


async def _by_client(visit: Visit) -> dict[str, Any]:
    context = visit.context
    form = {"grant_type": "client_credentials", **visit.form}
    asked = Asked({k: v.strip() for k, v in form.items() if k != "as"}, None, visit.origin, ())
    client = await authenticate(context, asked)
    approval = await choose(context, asked, client).approve(context, asked, client)
    return await issue(context, approval, context.settings.audiences)


def _decoded(made: dict[str, Any]) -> dict[str, Any]:
    token = made["access_token"]
    jwt = read_jwt(token)
    claims = [
        Claim(name, _written(value), MEANINGS.get(name, ""), value if name in _TIMES else None)
        for name, value in jwt.claims.items()
    ]
    header = [Claim(name, _written(value), "", None) for name, value in jwt.header.items()]
    return {"token": token, "claims": claims, "header": header, "ends_at": made["expires_at"]}


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


PAGES = (Page("/try", show, get, fields=_FIELDS),)
