"""One credential: what it is, its secrets and which of them is still in use, rotating them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenhouse.console.credentials import FIELDS, METHOD_NAMES, listed, read_fields
from tokenhouse.console.page import Page, Visit
from tokenhouse.manage import client_secrets, credentials, own, usage
from tokenhouse.manage.client_secrets import Rotation
from tokenhouse.manage.errors import Conflict

if TYPE_CHECKING:
    from starlette.responses import Response

OVERLAPS = {
    "0": "at once",
    "3600": "after an hour",
    "86400": "after a day",
    "604800": "after a week",
}


async def show(visit: Visit) -> Response:
    """Show one."""
    return await _page(visit, {})


async def _page(visit: Visit, errors: dict[str, str]) -> Response:
    context, actor, client_id = visit.context, visit.actor, visit.part("client_id")
    one, secrets, tokens = await context.database.read(
        lambda c: (
            listed(c, [own.show(c, actor, client_id)])[0],
            client_secrets.list_live(c, context, actor, client_id),
            usage.show(c, context, actor, client_id),
        )
    )
    return visit.page(
        "credential.html",
        422 if errors else 200,
        one=one,
        secrets=secrets,
        usage=tokens,
        methods=METHOD_NAMES,
        overlaps=OVERLAPS,
        errors=errors,
    )


async def change(visit: Visit) -> Response:
    """Change its name, its end and its methods."""
    actor, client_id = visit.actor, visit.part("client_id")
    before = await visit.context.database.read(lambda c: own.show(c, actor, client_id))
    fields = read_fields(visit, before)
    if fields.errors:
        return await _page(visit, dict(fields.errors))
    methods = fields.auth_methods
    changes: dict[str, Any] = {
        "name": fields.name,
        "expires_at": fields.expires_at,
        "auth_methods": credentials.join_methods(methods),
    }
    return await _changed(visit, changes)


async def switch(visit: Visit) -> Response:
    """Disable or enable it."""
    return await _changed(visit, {"disabled": visit.asked("disabled") == "yes"})


async def _changed(visit: Visit, changes: dict[str, Any]) -> Response:
    context, actor, client_id = visit.context, visit.actor, visit.part("client_id")
    await context.database.write(
        lambda c: credentials.change(c, context, actor, client_id, changes)
    )
    return visit.go(f"/credentials/{client_id}")


async def show_secrets(visit: Visit) -> Response:
    """Show the secrets alone, for the page to look again by itself."""
    context, actor, client_id = visit.context, visit.actor, visit.part("client_id")
    secrets = await context.database.read(
        lambda c: client_secrets.list_live(c, context, actor, client_id)
    )
    return visit.page("secrets.html", secrets=secrets, client_id=client_id)


async def rotate(visit: Visit) -> Response:
    """Make another secret; it is on the next page, once."""
    context, actor, client_id = visit.context, visit.actor, visit.part("client_id")
    overlap = visit.asked("overlap")
    if overlap not in OVERLAPS:
        return await _page(visit, {"overlap": "Choose when the secrets of before shall end."})
    how = Rotation(int(overlap))
    try:
        made = await context.database.write(
            lambda c: client_secrets.rotate(c, context, actor, client_id, how)
        )
    except Conflict:
        most = context.settings.max_secrets
        text = f"At most {most} secrets live at once: delete one below, or end them at once."
        return await _page(visit, {"overlap": text})
    return visit.go_and_show(f"/credentials/{client_id}/secret", secret=made.clear)


async def show_secret(visit: Visit) -> Response:
    """Show a secret that was made just now, and never again."""
    context, actor, client_id = visit.context, visit.actor, visit.part("client_id")
    client = await context.database.read(lambda c: own.show(c, actor, client_id))
    shown = visit.shown_once(f"/credentials/{client_id}/secret")
    if shown is None:
        return visit.page("secret_gone.html", client=client)
    settings = context.settings
    page = visit.page("secret.html", client=client, secret=shown["secret"], settings=settings)
    return visit.forget_once(page)


async def remove_secret(visit: Visit) -> Response:
    """Delete a secret."""
    context, actor, client_id = visit.context, visit.actor, visit.part("client_id")
    secret_id = visit.part("secret_id")
    await context.database.write(
        lambda c: client_secrets.remove(c, context, actor, client_id, secret_id)
    )
    return visit.go(f"/credentials/{client_id}")


_ONE = "/credentials/{client_id}"
PAGES = (
    Page(_ONE, show, change, fields=FIELDS),
    Page(_ONE + "/state", None, switch, fields=frozenset({"disabled"})),
    Page(_ONE + "/secrets", show_secrets),
    Page(_ONE + "/rotate", None, rotate, fields=frozenset({"overlap"})),
    Page(_ONE + "/secret", show_secret),
    Page(_ONE + "/secrets/{secret_id}/delete", None, remove_secret),
)
