"""`/api/v1/webhooks`: which other programs are told of events, for administrators."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.api.answers import only_admins, refused
from tokenhouse.api.caller import Admin, context_of
from tokenhouse.api.strict import Id, StrictModel, StrictRoute, Text, Time
from tokenhouse.manage import shown, webhooks
from tokenhouse.outbox import ABOUT
from tokenhouse.store.webhooks import MOST_URL, every

PATH = "/api/v1/webhooks"
router = APIRouter(prefix=PATH, tags=["Webhooks"], route_class=StrictRoute)
_REFUSED = only_admins()
_EVENTS = (
    f"What it is told of: {', '.join(f'`{name}`' for name in ABOUT)} for all that begin so, or one "
    "event such as `secret.leaked`. Empty: all."
)


class WebhookAsked(StrictModel):
    """A webhook to add."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://localhost:8443/tokenhouse", "events": ["secret.leaked"]}]
        }
    )

    url: Annotated[Text, Field(max_length=MOST_URL)] = Field(
        description="https, or http to this machine itself. It is kept in clear."
    )
    events: Annotated[list[Text], Field(max_length=webhooks.MOST_EVENTS)] = Field(
        default=[], description=_EVENTS
    )


class Webhook(BaseModel):
    """A webhook, without its secret."""

    id: Id
    url: str
    events: list[str] = Field(description=_EVENTS)
    created_at: Time


class NewWebhook(Webhook):
    """A new webhook; `secret` is shown here only."""

    secret: str = Field(
        description="Checks the signature of each message (Standard Webhooks). Keep it safe.",
        json_schema_extra={"format": "password", "readOnly": True},
    )


class Delivery(BaseModel):
    """A message to a webhook."""

    id: Id = Field(description="`Webhook-Id`, the same at each attempt.")
    webhook_id: Id
    type: str
    state: Literal["pending", "delivered", "failed"] = Field(description="`failed`: given up.")
    created_at: Time
    attempts: int
    next_attempt_at: Time | None
    error: str = Field(description="What was wrong at the last attempt.")


@router.get(
    "",
    operation_id="list_webhooks",
    summary="List the webhooks",
    response_model=list[Webhook],
    responses=_REFUSED,
)
async def list_(request: Request, _admin: Admin) -> list[dict[str, Any]]:
    """List the webhooks, oldest first."""
    return [shown.webhook(one) for one in await context_of(request).database.read(every)]


@router.post(
    "",
    operation_id="add_webhook",
    summary="Add a webhook",
    status_code=201,
    response_model=NewWebhook,
    responses={
        **_REFUSED,
        409: refused(409, f"there are {webhooks.MOST} webhooks already; delete one first"),
    },
)
async def add(request: Request, asked: WebhookAsked, admin: Admin) -> dict[str, Any]:
    """Add a webhook; the first message to it tells that it was added."""
    context = context_of(request)
    made, secret = await context.database.write(
        lambda c: webhooks.add(c, context, admin, asked.url, asked.events)
    )
    return {**shown.webhook(made), "secret": secret}


@router.delete(
    "/{webhook_id}",
    operation_id="delete_webhook",
    summary="Delete a webhook",
    status_code=204,
    responses=_REFUSED,
)
async def delete(request: Request, webhook_id: str, admin: Admin) -> None:
    """Delete a webhook with all that waits for it."""
    context = context_of(request)
    await context.database.write(lambda c: webhooks.remove(c, context, admin, webhook_id))


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="list_deliveries",
    summary="List what a webhook was told",
    response_model=list[Delivery],
    responses=_REFUSED,
)
async def deliveries(
    request: Request,
    webhook_id: str,
    _admin: Admin,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many.")] = 100,
) -> list[dict[str, Any]]:
    """List the messages of the last 30 days to a webhook, newest first."""
    found = await context_of(request).database.read(lambda c: webhooks.log(c, webhook_id, limit))
    return [shown.delivery(one) for one in found]
