"""`/api/v1/users`: people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from tokenhouse.api.caller import Person, Token, context_of
from tokenhouse.api.strict import Problem, StrictModel, StrictRoute, Validation
from tokenhouse.manage import users as people
from tokenhouse.manage.errors import Invalid

if TYPE_CHECKING:
    from tokenhouse.store.users import User as Row

PATH = "/api/v1/users"
router = APIRouter(prefix=PATH, tags=["Users"], route_class=StrictRoute)
_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "No token, or one that is not good now"}
}
Password = Annotated[str, Field(min_length=1, max_length=4096)]


class User(BaseModel):
    """A person, in the shape that the public service answers."""

    id: str
    email: str
    is_active: bool
    is_superuser: bool
    is_verified: bool


def shown(user: Row) -> dict[str, Any]:
    """Make the object that stands for a user."""
    return {
        "id": user.id,
        "email": user.email,
        "is_active": user.is_active,
        "is_superuser": user.is_superuser,
        "is_verified": user.is_verified,
    }


class PasswordChange(StrictModel):
    """The password that is good now, and the one that is to be."""

    current_password: Password
    new_password: Password


@router.get("/me", response_model=User, responses=_REFUSED)
async def me(token: Token) -> dict[str, Any]:
    """Show the current user."""
    return shown(token.user)


@router.put(
    "/me/password",
    status_code=204,
    responses={
        **_REFUSED,
        400: {"model": Problem, "description": "The current password is wrong"},
        403: {"model": Problem, "description": "Not with a token of app credentials"},
        422: {"model": Validation, "description": "Validation Error"},
    },
)
async def change_password(request: Request, asked: PasswordChange, token: Person) -> None:
    """Change the password; all tokens that were got with the old one end."""
    context = context_of(request)
    if not await context.check_password(token.user.password_hash, asked.current_password):
        field = "current_password"
        raise Invalid(field, "The current password is wrong.")
    hashed = people.hashed_password(context, asked.new_password)
    await context.database.write(lambda c: people.set_password(c, context, token.user, hashed))
