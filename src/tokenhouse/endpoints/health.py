"""`GET /healthz` (the process answers) and `GET /readyz` (it can do its work, and will go on)."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from tokenhouse.context import NOBODY
from tokenhouse.endpoints import documents_openapi
from tokenhouse.endpoints.endpoint import NO_STORE, Answer, Endpoint, json_answer
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.asked import Request

_ALIVE = {"status": "ok", "version": version("tokenhouse")}


async def healthz(_context: Context, _request: Request) -> Answer:
    """Say that the process answers, and of which version it is."""
    return json_answer(_ALIVE)


async def readyz(context: Context, _request: Request) -> Answer:
    """Say whether requests should be sent here; 503 with the reasons otherwise."""
    found: dict[str, str] = {}
    if context.draining.is_set():
        found["draining"] = "the service ends here"
    try:
        await context.hot.owned.ask(NOBODY)
    except Unavailable:
        found["database"] = "the database does not answer"
    if context.keyring.lags:
        found["keys"] = "a signing key does not open with the master key at hand"
    if not found:
        return json_answer({"status": "ok"})
    status = "draining" if "draining" in found else "unavailable"
    said = {"status": status, "detail": "; ".join(found.values()), "reasons": list(found)}
    return json_answer(said, NO_STORE, 503)


HEALTH: Endpoint = Endpoint("/healthz", ("GET", "HEAD"), healthz, documents_openapi.HEALTH)
READY: Endpoint = Endpoint("/readyz", ("GET", "HEAD"), readyz, documents_openapi.READY)
