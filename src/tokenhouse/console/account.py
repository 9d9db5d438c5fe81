"""My account: a new password, and the browsers that are signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.console.page import Page, Visit
from tokenhouse.console.sign_in import begin
from tokenhouse.manage import sessions
from tokenhouse.manage import users as people
from tokenhouse.manage.errors import Invalid
from tokenhouse.oauth.errors import InvalidGrant
from tokenhouse.sign_in import hash_new_password, sign_in

if TYPE_CHECKING:
    from starlette.responses import Response


async def show(visit: Visit) -> Response:
    """Show who has signed in, and where."""
    return await _page(visit, {})


async def _page(visit: Visit, errors: dict[str, str]) -> Response:
    context, user_id = visit.context, visit.me.user.id
    open_ones = await context.database.read(lambda c: sessions.list_own(c, context, user_id))
    changed = visit.request.query_params.get("done") == "password"
    values = {"sessions": open_ones, "changed": changed, "errors": errors}
    return visit.page("account.html", 422 if errors else 200, **values)


async def change_password(visit: Visit) -> Response:
    """Set a new password; every other session and all the person's own tokens end."""
    context, user, actor = visit.context, visit.me.user, visit.actor
    new, again = visit.asked("new_password"), visit.asked("again")
    try:
        await sign_in(context, user.email, visit.asked("current_password"), visit.origin)
    except InvalidGrant:
        return await _page(visit, {"current_password": "This is not your password."})
    if (problem := unfit_password(visit, new, again)) is not None:
        return await _page(visit, problem)
    hashed = await hash_new_password(context, new, visit.origin)
    await context.database.write(lambda c: people.set_password(c, context, actor, user, hashed))
    now_user = await context.database.read(lambda c: people.by_id(c, user.id))
    response = visit.go("/account?done=password")
    await begin(visit, response, now_user)
    return response


def unfit_password(visit: Visit, new: str, again: str) -> dict[str, str] | None:
    """Return what is wrong with a new password that was typed twice, by field."""
    try:
        people.check_new_password(visit.context, new)
    except Invalid as error:
        text = str(error)
        return {"new_password": f"{text[:1].upper()}{text[1:]}."}
    return {"again": "This is not the same."} if new != again else None


async def end_session(visit: Visit) -> Response:
    """End one session; one's own is a sign-out."""
    context, actor, session_id = visit.context, visit.actor, visit.part("session_id")
    await context.database.write(lambda c: sessions.end(c, context, actor, session_id))
    return visit.go("/account")


_PASSWORD = frozenset({"current_password", "new_password", "again"})
PAGES = (
    Page("/account", show),
    Page("/account/password", None, change_password, fields=_PASSWORD),
    Page("/account/sessions/{session_id}/end", None, end_session),
)
