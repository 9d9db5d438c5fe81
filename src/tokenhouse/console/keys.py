"""For administrators: the keys that sign access tokens, and their rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.console.page import Page, Visit
from tokenhouse.manage import keys

if TYPE_CHECKING:
    from starlette.responses import Response


async def show(visit: Visit) -> Response:
    """List the keys."""
    now = visit.context.clock()
    found = await visit.context.database.read(lambda c: keys.states(c, now))
    return visit.page("keys.html", found=found, settings=visit.context.settings)


async def rotate(visit: Visit) -> Response:
    """Make the next key; it is published now and signs after the lead."""
    context, actor = visit.context, visit.actor
    await context.database.write(lambda c: keys.rotate(c, context, actor))
    return visit.go("/keys")


PAGES = (Page("/keys", show, rotate, "admin"),)
