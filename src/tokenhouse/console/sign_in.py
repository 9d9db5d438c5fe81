"""Signing in with e-mail address and password, and signing out."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from tokenhouse.console import cookies
from tokenhouse.console.page import Page, Visit
from tokenhouse.manage import sessions
from tokenhouse.manage.errors import NotFound
from tokenhouse.oauth.errors import InvalidGrant, TemporarilyUnavailable
from tokenhouse.sign_in import sign_in

if TYPE_CHECKING:
    from starlette.responses import Response

    from tokenhouse.store.users import User

_PLACE = re.compile(r"(/[A-Za-z0-9_.-]+)*/?")  # below the console: nothing that leads elsewhere
_WRONG = "The e-mail address or the password is wrong."


async def show(visit: Visit) -> Response:
    """Show the form; who is signed in already goes on."""
    place = visit.request.query_params.get("next", "")
    if visit.signed_in is not None:
        return visit.go(_checked(place))
    return visit.page("sign_in.html", errors={}, email="", next=_checked(place))


async def enter(visit: Visit) -> Response:
    """Sign in: the same throttle and the same turns at the hash as every other way in."""
    email, place = visit.asked("email"), _checked(visit.asked("next"))
    try:
        user, _ = await sign_in(visit.context, email, visit.asked("password"), visit.origin)
    except InvalidGrant:
        return visit.unfit("sign_in.html", {"password": _WRONG}, email=email, next=place)
    except TemporarilyUnavailable as error:
        errors = {"password": f"{error.description} ({error.retry_after} s)"}
        response = visit.page("sign_in.html", error.status, errors=errors, email=email, next=place)
        response.headers["retry-after"] = str(error.retry_after)
        return response
    response = visit.go(place)
    await begin(visit, response, user)
    return response


async def begin(visit: Visit, response: Response, user: User) -> None:
    """Begin a session with a cookie of its own; what the browser held before is worth nothing."""
    context, agent = visit.context, visit.request.headers.get("user-agent", "")
    cookie = await context.database.write(
        lambda c: sessions.begin(c, context, user, visit.origin.source, agent)
    )
    cookies.write(context, response, cookies.SESSION, cookie)
    cookies.write(context, response, cookies.FORMS, "", 0)


async def leave(visit: Visit) -> Response:
    """End the session, here and on the server."""
    context, actor, session = visit.context, visit.actor, visit.me.session
    with suppress(NotFound):  # another tab was quicker
        await context.database.write(lambda c: sessions.end(c, context, actor, session.id))
    response = visit.go("/sign-in")
    for plain in (cookies.SESSION, cookies.ONCE):
        cookies.write(visit.context, response, plain, "", 0)
    return response


def _checked(place: str) -> str:
    fit = _PLACE.fullmatch(place) and not place.startswith("/sign-")
    return place if place and fit else "/"


PAGES = (
    Page("/sign-in", show, enter, "anyone", frozenset({"email", "password", "next"})),
    Page("/sign-out", None, leave),
)
