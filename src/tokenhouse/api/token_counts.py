"""`/api/v1/clients/{client_id}/token-counts`: how many tokens a credential got, and when."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tokenhouse.api.answers import NOT_A_MANAGER, refused
from tokenhouse.api.caller import Manager, context_of
from tokenhouse.api.strict import StrictRoute, Time
from tokenhouse.manage import shown, usage

router = APIRouter(
    prefix="/api/v1/clients/{client_id}/token-counts",
    tags=["App credentials"],
    route_class=StrictRoute,
)


class TokenCount(BaseModel):
    """The tokens of one hour or one day."""

    begins_at: Time
    tokens: int


class TokenCounts(BaseModel):
    """How many tokens were issued, written down within 5 seconds; the last span is not over."""

    hours: list[TokenCount] = Field(description="The last 24 hours, oldest first.")
    days: list[TokenCount] = Field(description="The last 30 days (UTC), oldest first.")


@router.get(
    "",
    response_model=TokenCounts,
    operation_id="count_tokens",
    summary="Count the tokens of app credentials",
    response_description="Their number in each hour of a day and each day of a month",
    responses={403: refused(403, also=NOT_A_MANAGER)},
)
async def show(request: Request, client_id: str, actor: Manager) -> dict[str, Any]:
    """Show how many tokens app credentials got."""
    context = context_of(request)
    return shown.usage(
        await context.database.read(lambda c: usage.show(c, context, actor, client_id))
    )
