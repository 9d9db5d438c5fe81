"""`/api/v1/scopes`: the scopes that the operator has defined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tokenhouse.api.caller import Admin, Token, context_of
from tokenhouse.api.strict import Problem, StrictModel, StrictRoute, Text, Validation, rfc3339
from tokenhouse.manage import scopes
from tokenhouse.store.scopes import every

if TYPE_CHECKING:
    from tokenhouse.store.scopes import Scope as Row

PATH = "/api/v1/scopes"
router = APIRouter(prefix=PATH, tags=["Scopes"], route_class=StrictRoute)
_LISTED: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No token, or one that is not good now"}
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    **_LISTED,
    403: {"model": Problem, "description": "Not with the token of an administrator"},
}


class ScopeAsked(StrictModel):
    """A scope to define."""

    name: Annotated[Text, Field(max_length=128, examples=["tiles:read"])]
    description: Annotated[Text, Field(max_length=2000)] = ""


class Scope(BaseModel):
    """A scope that may be granted."""

    name: str
    description: str
    created_at: str


def _shown(scope: Row) -> dict[str, Any]:
    return {
        "name": scope.name,
        "description": scope.description,
        "created_at": rfc3339(scope.created_at),
    }


@router.get(
    "",
    operation_id="list_scopes",
    summary="List the scopes",
    response_model=list[Scope],
    responses=_LISTED,
)
async def list_(request: Request, _token: Token) -> list[dict[str, Any]]:
    """List the scopes by name; while there are none, scopes are off."""
    return [_shown(scope) for scope in await context_of(request).database.read(every)]


@router.post(
    "",
    operation_id="add_scope",
    summary="Define a scope",
    status_code=201,
    response_model=Scope,
    responses={
        **_REFUSED,
        409: {"model": Problem, "description": "Defined already"},
        422: {"model": Validation, "description": "Validation Error"},
    },
)
async def add(request: Request, asked: ScopeAsked, _admin: Admin) -> dict[str, Any]:
    """Define a scope (RFC 6749 section 3.3); by an administrator."""
    context = context_of(request)
    return _shown(
        await context.database.write(
            lambda c: scopes.add(c, context, asked.name, asked.description)
        )
    )


@router.delete(
    "/{name}",
    operation_id="delete_scope",
    summary="Delete a scope",
    status_code=204,
    responses={**_REFUSED, 404: {"model": Problem, "description": "Not defined"}},
)
async def delete(request: Request, name: str, _admin: Admin) -> None:
    """Delete a scope; it is granted no more, tokens that carry it end by themselves."""
    await context_of(request).database.write(lambda c: scopes.delete(c, name))
