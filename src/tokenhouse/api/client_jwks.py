"""`/api/v1/clients/{client_id}/jwks`: the public keys of a credential (`private_key_jwt`)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.api import client_jwks_openapi as described
from tokenhouse.api.caller import Manager, context_of
from tokenhouse.api.examples import JWKS
from tokenhouse.api.strict import StrictRoute
from tokenhouse.manage import client_keys, own, shown

router = APIRouter(
    prefix="/api/v1/clients/{client_id}/jwks", tags=["Keys"], route_class=StrictRoute
)


class ClientKeys(BaseModel):
    """Public keys (RFC 7517 section 5): members that are not understood are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [JWKS]})

    keys: list[dict[str, Any]] = Field(
        description="At most 10 of ES256, ES384, Ed25519 or RSA with 2048 bits or more; `kid`s "
        "differ. Private members, symmetric keys, weak keys, points off their curve, and a `use`, "
        "`key_ops` or `alg` that does not fit are refused."
    )


@router.put("", response_model=ClientKeys, **described.REPLACE)
async def put(
    request: Request, client_id: str, asked: ClientKeys, actor: Manager
) -> dict[str, Any]:
    """Register public keys in place of those before; in force at once. None removes them all."""
    context = context_of(request)
    keys = client_keys.checked_keys(asked.keys)
    return shown.client_keys(
        await context.database.write(
            lambda c: client_keys.replace_keys(c, context, actor, client_id, keys)
        )
    )


@router.get("", response_model=ClientKeys, **described.SHOW)
async def show(request: Request, client_id: str, actor: Manager) -> dict[str, Any]:
    """Show the public keys; an empty list where there are none."""
    context = context_of(request)
    return shown.client_keys(await context.database.read(lambda c: own.show(c, actor, client_id)))


@router.delete("", status_code=204, **described.REMOVE)
async def remove(request: Request, client_id: str, actor: Manager) -> None:
    """Remove all keys."""
    context = context_of(request)
    await context.database.write(
        lambda c: client_keys.replace_keys(c, context, actor, client_id, [])
    )
