"""`/api/v1/scopes`: the scopes that the operator has defined."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.api.answers import only_admins, refused
from tokenhouse.api.caller import Admin, Token, context_of
from tokenhouse.api.strict import StrictModel, StrictRoute, Text, Time
from tokenhouse.manage import scopes, shown
from tokenhouse.store.scopes import every

PATH = "/api/v1/scopes"
router = APIRouter(prefix=PATH, tags=["Scopes"], route_class=StrictRoute)
_REFUSED = only_admins()


class ScopeAsked(StrictModel):
    """A scope to define."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "tiles:read", "description": "Read map tiles."}]}
    )

    name: Annotated[Text, Field(max_length=128)]
    description: Annotated[Text, Field(max_length=2000)] = ""


class Scope(BaseModel):
    """A scope that may be granted."""

    name: str
    description: str
    created_at: Time


@router.get(
    "",
    operation_id="list_scopes",
    summary="List the scopes",
    response_model=list[Scope],
)
async def list_(request: Request, _token: Token) -> list[dict[str, Any]]:
    """List the scopes by name; while there are none, scopes are off."""
    return [shown.scope(scope) for scope in await context_of(request).database.read(every)]


@router.post(
    "",
    operation_id="add_scope",
    summary="Define a scope",
    status_code=201,
    response_model=Scope,
    responses={**_REFUSED, 409: refused(409, "the scope tiles:read is defined already")},
)
async def add(request: Request, asked: ScopeAsked, admin: Admin) -> dict[str, Any]:
    """Define a scope (RFC 6749 section 3.3); by an administrator."""
    context = context_of(request)
    return shown.scope(
        await context.database.write(
            lambda c: scopes.add(c, context, admin, asked.name, asked.description)
        )
    )


@router.delete(
    "/{name}",
    operation_id="delete_scope",
    summary="Delete a scope",
    status_code=204,
    responses=_REFUSED,
)
async def delete(request: Request, name: str, admin: Admin) -> None:
    """Delete a scope; it is granted no more, tokens that carry it end by themselves."""
    context = context_of(request)
    await context.database.write(lambda c: scopes.delete(c, context, admin, name))
