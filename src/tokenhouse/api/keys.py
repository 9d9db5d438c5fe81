"""`/api/v1/keys`: the keys that sign access tokens, for administrators."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.api.answers import only_admins
from tokenhouse.api.caller import Admin, context_of
from tokenhouse.api.strict import StrictModel, StrictRoute, Time
from tokenhouse.manage import keys, shown

if TYPE_CHECKING:
    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.manage.keys import KeyState
    from tokenhouse.store.database import Connection

PATH = "/api/v1/keys"
router = APIRouter(prefix=PATH, tags=["Signing keys"], route_class=StrictRoute)
_REFUSED = only_admins()


class SigningKey(BaseModel):
    """A signing key; its public half is in the JWKS document."""

    kid: str
    alg: str
    use: Literal["signs", "next", "checks"] = Field(
        description="`next` is published and will sign; `checks` has signed tokens that may live."
    )
    created_at: Time
    signs_from: Time
    signs_until: Time | None = Field(description="null while no later key is known.")


class Rotation(StrictModel):
    """How to rotate; all of it may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"now": True}, {}]})

    now: bool = Field(
        default=False,
        description="Sign with it within seconds, unpublished so far: whoever keeps the public "
        "keys and does not look again at a key that it does not know refuses new tokens for up "
        "to `jwks_max_age`.",
    )
    drop_others: bool = Field(
        default=False,
        description="A key has leaked: as `now`, and every token that the others signed is "
        "refused at once.",
    )


@router.get(
    "",
    operation_id="list_signing_keys",
    summary="List the signing keys",
    response_model=list[SigningKey],
    responses=_REFUSED,
)
async def list_(request: Request, _admin: Admin) -> list[dict[str, Any]]:
    """List the signing keys, newest first."""
    context = context_of(request)
    work = partial(keys.states, now=context.clock())
    return [shown.signing_key(key) for key in await context.database.read(work)]


@router.post(
    "/rotate",
    operation_id="rotate_signing_keys",
    summary="Make the next signing key",
    response_model=SigningKey,
    responses=_REFUSED,
)
async def rotate(
    request: Request, admin: Admin, asked: Annotated[Rotation | None, Body()] = None
) -> dict[str, Any]:
    """Make the next signing key, published now; while one waits already, answer with that one."""
    context, how = context_of(request), asked or Rotation()
    newest = await context.database.write(partial(_rotate, context=context, admin=admin, how=how))
    return shown.signing_key(newest)


def _rotate(connection: Connection, context: Context, admin: Actor, how: Rotation) -> KeyState:
    if how.now or how.drop_others:
        keys.rotate_now(connection, context, admin, drop=how.drop_others)
    else:
        keys.rotate(connection, context, admin)
    return keys.states(connection, context.clock())[0]
