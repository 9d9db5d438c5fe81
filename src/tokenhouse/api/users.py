"""`/api/v1/users`: people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.actor import Actor
from tokenhouse.api import users_openapi as described
from tokenhouse.api.caller import Person, Token, context_of, origin_of
from tokenhouse.api.strict import StrictModel, StrictRoute
from tokenhouse.manage import shown
from tokenhouse.manage import users as people
from tokenhouse.manage.errors import Invalid
from tokenhouse.oauth.errors import InvalidGrant
from tokenhouse.sign_in import hash_new_password, sign_in

PATH = "/api/v1/users"
router = APIRouter(prefix=PATH, tags=["Users"], route_class=StrictRoute)
Password = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4096,
        json_schema_extra={"format": "password", "writeOnly": True},
    ),
]


class User(BaseModel):
    """A person, in the shape that the public service answers."""

    id: str = Field(json_schema_extra={"format": "uuid"})
    email: str
    is_active: bool
    is_superuser: bool = Field(description="Whether it is an administrator.")
    is_verified: bool


class PasswordChange(StrictModel):
    """The password that is good now, and the one that is to be."""

    model_config = ConfigDict(json_schema_extra={"examples": [described.NEW_PASSWORD]})

    current_password: Password
    new_password: Password = Field(description="Kept as typed; 1,024 octets at most.")


@router.get("/me", response_model=User, **described.ME)
async def me(token: Token) -> dict[str, Any]:
    """Show the current user."""
    return shown.user(token.user)


@router.put("/me/password", status_code=204, **described.PASSWORD)
async def change_password(request: Request, asked: PasswordChange, token: Person) -> None:
    """Change the password; all tokens that were got with the old one end."""
    context, origin = context_of(request), origin_of(request)
    try:
        user, _ = await sign_in(context, token.user.email, asked.current_password, origin)
    except InvalidGrant:
        field = "current_password"
        raise Invalid(field, "The current password is wrong.") from None
    people.check_new_password(context, asked.new_password)
    actor = Actor(user.id, origin=origin)
    hashed = await hash_new_password(context, asked.new_password, origin)
    await context.database.write(lambda c: people.set_password(c, context, actor, user, hashed))
