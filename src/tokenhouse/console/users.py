"""For administrators: people, and everybody's credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse import mail
from tokenhouse.console.credentials import listed
from tokenhouse.console.page import PATH, Page, Visit
from tokenhouse.crypto.secrets import make_password
from tokenhouse.log import LOGGER
from tokenhouse.manage import credentials, resets
from tokenhouse.manage import users as people
from tokenhouse.manage.errors import Conflict, Invalid
from tokenhouse.sign_in import hash_new_password
from tokenhouse.store.users import every

if TYPE_CHECKING:
    from starlette.responses import Response

_A_PAGE = 100


async def show(visit: Visit) -> Response:
    """List all people."""
    return await _page(visit, {})


async def _page(visit: Visit, errors: dict[str, str]) -> Response:
    found = await visit.context.database.read(every)
    mailing = mail.is_on(visit.context.settings)
    status = 422 if errors else 200
    return visit.page("users.html", status, found=found, errors=errors, mailing=mailing)


async def add(visit: Visit) -> Response:
    """Add a person with a password that nobody knows; the link to set one is on the next page."""
    context, actor, email = visit.context, visit.actor, visit.asked("email").strip()
    try:
        people.checked_email(email)
        hashed = await hash_new_password(context, make_password(), visit.origin)
        new = people.NewUser(email, hashed, bool(visit.asked("admin")))
        user = await context.database.write(lambda c: people.add(c, context, actor, new))
    except (Invalid, Conflict) as error:
        text = str(error)
        return await _page(visit, {"email": f"{text[:1].upper()}{text[1:]}."})
    return await _link(visit, user.id)


async def reset(visit: Visit) -> Response:
    """Make a one-time link for a person who has lost the password."""
    return await _link(visit, visit.part("user_id"))


async def _link(visit: Visit, user_id: str) -> Response:
    """Mail a new link to the person; where that cannot be, show it to the administrator."""
    context, actor = visit.context, visit.actor
    link = await context.database.write(lambda c: resets.make_link(c, context, actor, user_id))
    url = f"{context.settings.issuer}{PATH}/reset/{link}"
    path = f"/users/{user_id}/link"
    if not mail.is_on(context.settings):
        return visit.go_and_show(path, link=url)
    user = await context.database.read(lambda c: people.by_id(c, user_id))
    try:
        await mail.send(context.settings, resets.message(context, user, url), context.clock())
    except mail.MailError as error:
        LOGGER.warning("mail not sent", extra={"user": user_id, "reason": str(error)})
        return visit.go_and_show(path, link=url, problem=str(error))
    return visit.go_and_show(path, mailed=user.email)


async def show_link(visit: Visit) -> Response:
    """Show a link that was made just now, or that it was mailed."""
    user_id = visit.part("user_id")
    user = await visit.context.database.read(lambda c: people.by_id(c, user_id))
    shown = visit.shown_once(f"/users/{user_id}/link") or {}
    page = visit.page("user_link.html", user=user, shown=shown, life=resets.LIFE)
    return visit.forget_once(page)


async def switch(visit: Visit) -> Response:
    """Disable or enable a person; nobody can disable oneself."""
    context, actor = visit.context, visit.actor
    user_id, active = visit.part("user_id"), bool(visit.asked("active"))
    if user_id == visit.me.user.id and not active:
        msg = "you cannot disable yourself; another administrator can"
        raise Conflict(msg)
    changes = people.Changes(is_active=active)
    await context.database.write(lambda c: people.change(c, context, actor, user_id, changes))
    return visit.go("/users")


async def show_credentials(visit: Visit) -> Response:
    """List everybody's credentials, so many on a page."""
    asked = visit.request.query_params
    try:
        after = (float(asked["at"]), asked["after"]) if "at" in asked else None
    except (ValueError, KeyError):
        after = None
    if after is not None and not after[1].isprintable():
        after = None
    found, owners = await visit.context.database.read(
        lambda c: (
            listed(c, credentials.list_every(c, _A_PAGE + 1, after)),
            {user.id: user.email for user in every(c)},
        )
    )
    more = found[_A_PAGE - 1].client if len(found) > _A_PAGE else None
    return visit.page("users_credentials.html", found=found[:_A_PAGE], owners=owners, more=more)


_ONE = "/users/{user_id}"
PAGES = (
    Page("/users", show, add, "admin", frozenset({"email", "admin"})),
    Page(_ONE + "/state", None, switch, "admin", frozenset({"active"})),
    Page(_ONE + "/reset", None, reset, "admin"),
    Page(_ONE + "/link", show_link, who="admin"),
    Page("/all-credentials", show_credentials, who="admin"),
)
