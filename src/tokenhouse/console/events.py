"""The audit trail: everybody's own events; all, filtered and verified, for administrators."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tokenhouse.actor import Actor
from tokenhouse.console.page import Page, Visit
from tokenhouse.manage import audit
from tokenhouse.store.audit_events import Sought

if TYPE_CHECKING:
    from starlette.responses import Response

FILTERS = ("action", "actor", "target", "outcome", "since", "until")
_A_PAGE = 50
_SECONDS = 5.0  # to verify the chain; the command line takes as long as it takes
_MOST = 200  # letters of a filter
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
_DAY = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")


async def show_own(visit: Visit) -> Response:
    """List what was done to the person and theirs, newest first."""
    return await _page(visit, "/account/events", everybodys=False)


async def show(visit: Visit) -> Response:
    """List all events that the filters leave, newest first."""
    return await _page(visit, "/audit", everybodys=True)


async def verify(visit: Visit) -> Response:
    """Say whether the chain is as it was written; changes nothing, so this is the answer."""
    try:
        wrong = await asyncio.to_thread(audit.verify, visit.context, _SECONDS)
    except audit.UnfinishedError as error:
        return await _page(visit, "/audit", everybodys=True, unfinished=error.seq)
    verified = "" if wrong is None else wrong
    return await _page(visit, "/audit", everybodys=True, verified=verified)


async def _page(
    visit: Visit,
    path: str,
    *,
    everybodys: bool,
    verified: str | None = None,
    unfinished: int | None = None,
) -> Response:
    filters = _filters(visit) if everybodys else {}
    before = visit.request.query_params.get("before", "")
    below = int(before) if _NUMBER.fullmatch(before) else None
    actor, sought = Actor(visit.me.user.id, is_admin=everybodys), _sought(filters)
    found = await visit.context.database.read(
        lambda c: audit.page(c, actor, sought, before=below, limit=_A_PAGE + 1)
    )
    more = {**filters, "before": found[_A_PAGE - 1].seq} if len(found) > _A_PAGE else None
    return visit.page(
        "events.html",
        found=found[:_A_PAGE],
        more=more,
        path=path,
        filters=filters,
        everybodys=everybodys,
        verified=verified,
        unfinished=unfinished,
    )


def _filters(visit: Visit) -> dict[str, str]:
    """Return the filters of the address that can be used; an odd one counts as absent."""
    asked = {name: visit.request.query_params.get(name, "").strip() for name in FILTERS}
    fit = {name: value for name, value in asked.items() if value.isprintable()}
    for name in ("since", "until"):
        if _day(fit.get(name, "")) is None:
            fit.pop(name, None)
    if fit.get("outcome") not in {"done", "refused"}:
        fit.pop("outcome", None)
    return {name: value for name, value in fit.items() if 0 < len(value) <= _MOST}


def _sought(filters: dict[str, str]) -> Sought:
    since, until = _day(filters.get("since", "")), _day(filters.get("until", ""))
    return Sought(
        action=filters.get("action"),
        actor=filters.get("actor"),
        target=filters.get("target"),
        outcome=filters.get("outcome"),
        since=since.timestamp() if since else None,
        until=(until + timedelta(days=1)).timestamp() if until else None,
    )


def _day(text: str) -> datetime | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None


PAGES = (
    Page("/account/events", show_own),
    Page("/audit", show, verify, "admin"),
)
