"""For administrators: the state of the installation, as `tokenhouse doctor` says it."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import TYPE_CHECKING

from tokenhouse.console.page import Page, Visit
from tokenhouse.manage.doctor import examine

if TYPE_CHECKING:
    from starlette.responses import Response


_SECONDS = 5.0  # for each slow look; the command line takes a minute


async def show(visit: Visit) -> Response:
    """Look, and show what is wrong and what to do about it."""
    context = visit.context
    settings = context.settings
    findings = await asyncio.to_thread(lambda: list(examine(settings, context.clock, _SECONDS)))
    database = "SQLite" if context.database.is_sqlite else "PostgreSQL"
    return visit.page(
        "state.html",
        findings=findings,
        settings=settings,
        database=database,
        version=version("tokenhouse"),
    )


PAGES = (Page("/state", show, who="admin"),)
