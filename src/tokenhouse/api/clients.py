"""`/api/v1/clients`: app credentials."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.api import clients_openapi as described
from tokenhouse.api.caller import Manager, context_of
from tokenhouse.api.client_jwks import ClientKeys
from tokenhouse.api.strict import (
    Id,
    StrictModel,
    StrictRoute,
    Text,
    Time,
    When,
    without_defaults,
)
from tokenhouse.client_auth import METHODS
from tokenhouse.manage import credentials, own, shown
from tokenhouse.manage.credentials import NewCredential
from tokenhouse.manage.errors import Invalid
from tokenhouse.store import last_used

if TYPE_CHECKING:
    from tokenhouse.store.clients import Client
    from tokenhouse.store.database import Connection
    from tokenhouse.store.last_used import LastUse

PATH = "/api/v1/clients"
router = APIRouter(prefix=PATH, tags=["App credentials"], route_class=StrictRoute)
Name = Annotated[Text, Field(max_length=200, description="To tell it from your others.")]
Description = Annotated[Text, Field(max_length=2000, description="What it is for.")]
MethodName = Literal[
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"
]
Methods = Annotated[list[MethodName], Field(min_length=1, max_length=len(METHODS))]
Scopes = Annotated[
    list[Annotated[Text, Field(max_length=128)]], Field(min_length=1, max_length=100)
]
Keys = Annotated[ClientKeys, Field(description="Its public keys, for `private_key_jwt`.")]
_EXPIRES_AT = "From then on it is refused, and so are its tokens; null: never."
_SCOPES = "The scopes that it may be granted; null: all that are defined."
_AUTH_METHODS = "The only client authentication methods that it may use; null: any."


class CredentialAsked(StrictModel):
    """What a credential is to be; all of it may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "nightly import"}, {}]})

    name: Name = ""
    description: Description = ""
    owner_id: Text | None = Field(default=None, description="Leave blank: it is your own id.")
    expires_at: When | None = Field(default=None, description=_EXPIRES_AT)
    auth_methods: Methods | None = Field(default=None, description=_AUTH_METHODS)
    scopes: Scopes | None = Field(default=None, description=_SCOPES)


_PLAIN = CredentialAsked()


def _changes(schema: dict[str, Any]) -> None:
    without_defaults(schema)
    schema["examples"] = [{"name": "weekly import", "disabled": True}]


class CredentialChanges(StrictModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=_changes)

    name: Name = ""
    description: Description = ""
    expires_at: When | None = Field(default=None, description=_EXPIRES_AT)
    disabled: bool = Field(default=False, description="Whether it is refused for now.")
    auth_methods: Methods | None = Field(default=None, description=_AUTH_METHODS)
    scopes: Scopes | None = Field(default=None, description=_SCOPES)
    parent_id: None = Field(default=None, description="null detaches it from the one that made it.")
    may_introspect: bool = Field(default=False, description="By an administrator alone.")


class Credential(BaseModel):
    """App credentials, without the secret."""

    user_id: Id = Field(description="Its owner.")
    client_id: Id
    name: str
    description: str
    created_at: Time
    expires_at: Time | None = Field(description=_EXPIRES_AT)
    disabled: bool = Field(description="Whether it is refused for now.")
    auth_methods: list[str] | None = Field(description=_AUTH_METHODS)
    scopes: list[str] | None = Field(description=_SCOPES)
    parent_id: Id | None = Field(description="The app credentials that made it, if any did.")
    may_introspect: bool = Field(description="Whether it may introspect every token.")
    created_by: str = Field(description="Who made it: `user:ID`, `client:ID` or `operator`.")
    last_used_at: Time | None = Field(
        description="When it last authenticated, written down within 5 seconds; null: never."
    )
    last_used_from: str | None = Field(description="The address that it did so from.")
    jwks: Keys | None


class CredentialWithSecret(Credential):
    """New app credentials; the secret is shown here only."""

    client_secret: str = Field(
        description="Keep it safe: it is never shown again.",
        json_schema_extra={
            "format": "password",
            "readOnly": True,
            "minLength": 64,
            "pattern": "^ths_[A-Za-z0-9_-]+$",
        },
    )


@router.post("", status_code=201, response_model=CredentialWithSecret, **described.CREATE)
async def create(
    request: Request, response: Response, actor: Manager, asked: CredentialAsked = _PLAIN
) -> dict[str, Any]:
    """Create new app credentials; the `client_secret` is returned only once."""
    context = context_of(request)
    new = NewCredential(
        asked.name,
        asked.description,
        asked.owner_id or None,
        asked.expires_at.timestamp() if asked.expires_at else None,
        tuple(dict.fromkeys(asked.auth_methods)) if asked.auth_methods else None,
        None if asked.scopes is None else tuple(asked.scopes),
    )
    client, secret = await context.database.write(
        lambda connection: credentials.create(connection, context, actor, new)
    )
    response.headers["location"] = f"{PATH}/{client.client_id}"
    return {**shown.credential(client), "client_secret": secret}


@router.get("", response_model=list[Credential], **described.LIST)
async def list_(
    request: Request,
    response: Response,
    actor: Manager,
    limit: Annotated[
        int | None, Query(ge=1, le=1000, description="At most so many; all, when left out.")
    ] = None,
    after: Annotated[str | None, Query(max_length=200, description="From a Link header.")] = None,
) -> list[dict[str, Any]]:
    """List the app credentials of the current user, oldest first."""
    last = _read_cursor(after) if after else None
    more = None if limit is None else limit + 1
    found, uses = await context_of(request).database.read(
        lambda c: _with_uses(c, credentials.list_own(c, actor, more, last))
    )
    if limit is not None and len(found) > limit:
        found = found[:limit]
        url = f"{PATH}?limit={limit}&after={_cursor(found[-1])}"
        response.headers["link"] = f'<{url}>; rel="next"'
    return [shown.credential(client, uses.get(client.client_id)) for client in found]


def _with_uses(
    connection: Connection, found: list[Client]
) -> tuple[list[Client], dict[str, LastUse]]:
    return found, last_used.of_clients(connection, [client.client_id for client in found])


def _one(connection: Connection, client: Client) -> dict[str, Any]:
    uses = last_used.of_clients(connection, [client.client_id])
    return shown.credential(client, uses.get(client.client_id))


def _cursor(last: Client) -> str:
    place = json.dumps([last.created_at, last.client_id]).encode()
    return base64.urlsafe_b64encode(place).rstrip(b"=").decode()


def _read_cursor(text: str) -> tuple[float, str]:
    try:
        place = json.loads(base64.urlsafe_b64decode(text.encode("ascii") + b"=="))
        created_at, client_id = place
        if isinstance(created_at, float) and isinstance(client_id, str) and "\0" not in client_id:
            return created_at, client_id
    except (ValueError, TypeError, RecursionError):
        pass
    field = "after"
    raise Invalid(field, "not a place from a Link header")


@router.get("/{client_id}", response_model=Credential, **described.SHOW)
async def show(request: Request, client_id: str, actor: Manager) -> dict[str, Any]:
    """Show one of the current user's app credentials."""
    work = context_of(request).database.read
    return await work(lambda c: _one(c, own.show(c, actor, client_id)))


@router.patch("/{client_id}", response_model=Credential, **described.CHANGE)
async def change(
    request: Request, client_id: str, asked: CredentialChanges, actor: Manager
) -> dict[str, Any]:
    """Change app credentials; members that are left out stay as they are."""
    changes = {name: getattr(asked, name) for name in asked.model_fields_set}
    if changes.get("expires_at"):
        changes["expires_at"] = changes["expires_at"].timestamp()
    if changes.get("auth_methods"):
        changes["auth_methods"] = " ".join(dict.fromkeys(changes["auth_methods"]))
    context = context_of(request)
    return await context.database.write(
        lambda c: _one(c, credentials.change(c, context, actor, client_id, changes))
    )


@router.delete("/{client_id}", status_code=204, **described.DELETE)
async def delete(request: Request, client_id: str, actor: Manager) -> None:
    """Delete app credentials; they and all their tokens are refused from now on."""
    context = context_of(request)
    await context.database.write(lambda c: credentials.delete(c, context, actor, client_id))
