"""`/api/v1/users` for administrators: all people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from tokenhouse.api.answers import only_admins, refused
from tokenhouse.api.caller import Admin, context_of, origin_of
from tokenhouse.api.strict import StrictModel, StrictRoute, Text
from tokenhouse.api.users import PATH, Password, User
from tokenhouse.manage import shown
from tokenhouse.manage import users as people
from tokenhouse.sign_in import hash_new_password
from tokenhouse.store.users import every

router = APIRouter(prefix=PATH, tags=["Users"], route_class=StrictRoute)
_REFUSED = only_admins()
_TAKEN = "there is a user with the e-mail address you@example.com already"


class UserAsked(StrictModel):
    """A person to add."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "you@example.com", "password": "a long one that nobody has"}]
        }
    )

    email: Annotated[Text, Field(max_length=320)]
    password: Password
    is_superuser: bool = False


class UserChanges(StrictModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_active": False}]})

    is_active: bool | None = None
    is_superuser: bool | None = None
    password: Password | None = None


async def _hashed(request: Request, password: str) -> str:
    context = context_of(request)
    people.check_new_password(context, password)
    return await hash_new_password(context, password, origin_of(request))


@router.get(
    "",
    operation_id="list_users",
    summary="List all users",
    response_model=list[User],
    responses=_REFUSED,
)
async def list_(request: Request, _admin: Admin) -> list[dict[str, Any]]:
    """List all users, oldest first."""
    return [shown.user(user) for user in await context_of(request).database.read(every)]


@router.post(
    "",
    operation_id="add_user",
    summary="Add a user",
    status_code=201,
    response_model=User,
    responses={**_REFUSED, 409: refused(409, _TAKEN)},
)
async def add(request: Request, asked: UserAsked, admin: Admin) -> dict[str, Any]:
    """Add a user."""
    context = context_of(request)
    people.checked_email(asked.email)
    hashed = await _hashed(request, asked.password)
    new = people.NewUser(asked.email, hashed, asked.is_superuser)
    return shown.user(await context.database.write(lambda c: people.add(c, context, admin, new)))


@router.get(
    "/{user_id}",
    operation_id="get_user",
    summary="Show a user",
    response_model=User,
    responses=_REFUSED,
)
async def show(request: Request, user_id: str, _admin: Admin) -> dict[str, Any]:
    """Show one user."""
    return shown.user(await context_of(request).database.read(lambda c: people.by_id(c, user_id)))


@router.patch(
    "/{user_id}",
    operation_id="update_user",
    summary="Change a user",
    response_model=User,
    responses=_REFUSED,
)
async def change(
    request: Request, user_id: str, asked: UserChanges, admin: Admin
) -> dict[str, Any]:
    """Disable or enable a user, make or unmake an administrator, or set a new password."""
    context = context_of(request)
    hashed = None if asked.password is None else await _hashed(request, asked.password)
    changes = people.Changes(asked.is_active, asked.is_superuser, hashed)
    return shown.user(
        await context.database.write(lambda c: people.change(c, context, admin, user_id, changes))
    )


@router.delete(
    "/{user_id}",
    operation_id="delete_user",
    summary="Delete a user",
    status_code=204,
    responses=_REFUSED,
)
async def delete(request: Request, user_id: str, admin: Admin) -> None:
    """Delete a user with all credentials."""
    context = context_of(request)
    await context.database.write(
        lambda c: people.delete(c, context, admin, people.by_id(c, user_id))
    )
