"""`/api/v1/audit-events`: who did what."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from tokenhouse.actor import Actor
from tokenhouse.api import audit_events_openapi as described
from tokenhouse.api.caller import Person, context_of
from tokenhouse.api.strict import StrictRoute, Text, Time
from tokenhouse.manage import audit, shown
from tokenhouse.store.audit_events import Sought

PATH = "/api/v1/audit-events"
router = APIRouter(prefix=PATH, tags=["Audit"], route_class=StrictRoute)
Name = Annotated[Text, Field(max_length=200)]


class AuditEvent(BaseModel):
    """One event."""

    id: int = Field(description="Its place in the chain, from 1 without gaps.")
    at: Time
    actor: str = Field(description="`user:ID`, `client:ID`, `operator`, `system` or `anonymous`.")
    action: str
    target: str
    outcome: Literal["done", "refused"]
    source: str = Field(description="The address that the request came from; empty: the machine.")
    request_id: str
    user_id: str | None = Field(description="Whose affair it is.")
    details: dict[str, Any]


class Asked(BaseModel):
    """Which events to list."""

    limit: Annotated[int, Field(ge=1, le=1000, description="At most so many.")] = 100
    before: Annotated[
        int | None, Field(ge=1, le=2**53, description="From a Link header: only lower ids.")
    ] = None
    user_id: Annotated[Name | None, Field(description="Whose; by an administrator.")] = None
    action: Name | None = None
    actor: Name | None = None
    target: Name | None = None
    outcome: Literal["done", "refused"] | None = None
    since: Annotated[AwareDatetime | None, Field(description="At this time or later.")] = None
    until: Annotated[AwareDatetime | None, Field(description="Before this time.")] = None


@router.get("", response_model=list[AuditEvent], **described.LIST)
async def list_(
    request: Request, response: Response, token: Person, asked: Annotated[Asked, Query()]
) -> list[dict[str, Any]]:
    """List what was done to you and yours, newest first; an administrator sees all."""
    actor = Actor(token.user.id, is_admin=token.user.is_superuser)
    sought = Sought(
        asked.user_id,
        asked.action,
        asked.actor,
        asked.target,
        asked.outcome,
        asked.since.timestamp() if asked.since else None,
        asked.until.timestamp() if asked.until else None,
    )
    found = await context_of(request).database.read(
        lambda c: audit.page(c, actor, sought, before=asked.before, limit=asked.limit + 1)
    )
    if len(found) > asked.limit:
        found = found[: asked.limit]
        again = asked.model_dump(mode="json", exclude_none=True) | {"before": found[-1].seq}
        response.headers["link"] = f'<{PATH}?{urlencode(again)}>; rel="next"'
    return [shown.audit_event(event) for event in found]
