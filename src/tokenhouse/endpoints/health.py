"""`GET /healthz` (the process answers) and `GET /readyz` (it can do its work)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.context import NOBODY
from tokenhouse.endpoints import documents_openapi
from tokenhouse.endpoints.endpoint import NO_STORE, Answer, Endpoint, json_answer
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request


async def healthz(_context: Context, _request: Request) -> Answer:
    """Say that the process answers."""
    return json_answer({"status": "ok"})


async def readyz(context: Context, _request: Request) -> Answer:
    """Say whether the database answers; 503 with the reason otherwise."""
    try:
        await context.hot.owned.ask(NOBODY)
    except Unavailable:
        return json_answer(
            {"status": "unavailable", "detail": "the database does not answer"}, NO_STORE, 503
        )
    return json_answer({"status": "ok"})


HEALTH: Endpoint = Endpoint("/healthz", ("GET", "HEAD"), healthz, documents_openapi.HEALTH)
READY: Endpoint = Endpoint("/readyz", ("GET", "HEAD"), readyz, documents_openapi.READY)
