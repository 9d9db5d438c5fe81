"""Deleting a credential: what will stop working, and its name typed to show that it is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.console.credentials import listed
from tokenhouse.console.page import Page, Visit
from tokenhouse.manage import credentials, own

if TYPE_CHECKING:
    from starlette.responses import Response


async def show(visit: Visit) -> Response:
    """Tell what will stop working."""
    return await _page(visit, {})


async def _page(visit: Visit, errors: dict[str, str]) -> Response:
    actor, client_id = visit.actor, visit.part("client_id")
    one, made = await visit.context.database.read(
        lambda c: (
            listed(c, [own.show(c, actor, client_id)])[0],
            listed(c, credentials.made_by(c, actor, client_id)),
        )
    )
    return visit.page(
        "credential_end.html", 422 if errors else 200, one=one, made=made, errors=errors
    )


async def delete(visit: Visit) -> Response:
    """Delete it, if what was typed is its name, or its id where it has none."""
    context, actor, client_id = visit.context, visit.actor, visit.part("client_id")
    client = await context.database.read(lambda c: own.show(c, actor, client_id))
    if visit.asked("typed").strip() != (client.name.strip() or client.client_id):
        return await _page(visit, {"typed": "That is not it. Nothing was deleted."})
    await context.database.write(lambda c: credentials.delete(c, context, actor, client_id))
    return visit.go("/credentials")


PAGES = (Page("/credentials/{client_id}/delete", show, delete, fields=frozenset({"typed"})),)
