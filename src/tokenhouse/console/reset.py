"""Setting a password by the one-time link that an administrator made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.console.account import unfit_password
from tokenhouse.console.page import Page, Visit
from tokenhouse.manage import resets
from tokenhouse.manage.errors import NotFound
from tokenhouse.sign_in import hash_new_password

if TYPE_CHECKING:
    from starlette.responses import Response

_OVER = 404


async def show(visit: Visit) -> Response:
    """Show the form, or that the link is over."""
    return await _page(visit, {})


async def _page(visit: Visit, errors: dict[str, str]) -> Response:
    context, link = visit.context, visit.part("link")
    try:
        user = await context.database.read(lambda c: resets.user_of(c, context, link))
    except NotFound:
        return visit.page("reset_over.html", _OVER)
    return visit.page("reset.html", 422 if errors else 200, user=user, link=link, errors=errors)


async def set_password(visit: Visit) -> Response:
    """Set the password; the link is used up."""
    context, link, new = visit.context, visit.part("link"), visit.asked("new_password")
    try:
        await context.database.read(lambda c: resets.user_of(c, context, link))
    except NotFound:
        return visit.page("reset_over.html", _OVER)
    if (problem := unfit_password(visit, new, visit.asked("again"))) is not None:
        return await _page(visit, problem)
    hashed = await hash_new_password(context, new, visit.origin)
    await context.database.write(
        lambda c: resets.set_password(c, context, visit.origin, link, hashed)
    )
    return visit.go("/sign-in")


PAGES = (Page("/reset/{link}", show, set_password, "anyone", frozenset({"new_password", "again"})),)
