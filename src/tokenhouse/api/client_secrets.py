"""`/api/v1/clients/{client_id}/secrets`: rotation with several live secrets, and evidence."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.api import client_secrets_openapi as described
from tokenhouse.api.caller import Manager, context_of
from tokenhouse.api.strict import Id, StrictModel, StrictRoute, Text, Time
from tokenhouse.manage import client_secrets, shown
from tokenhouse.manage.client_secrets import LONGEST_OVERLAP, OVERLAP, Rotation

router = APIRouter(
    prefix="/api/v1/clients/{client_id}/secrets", tags=["Secrets"], route_class=StrictRoute
)


SECRET = "^ths_[A-Za-z0-9_-]+$"  # noqa: S105 - a pattern
_EXPIRES_AT = "From then on it is refused; null: never."


class SecretAsked(StrictModel):
    """How to rotate; all of it may be left out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"old_secret_expires_in": 3600, "label": "spring"}, {}]}
    )

    old_secret_expires_in: int = Field(
        default=OVERLAP,
        ge=0,
        le=LONGEST_OVERLAP,
        description="Seconds that the secrets before it still live; 0 ends them at once.",
    )
    label: Annotated[Text, Field(max_length=200, description="What to call it.")] = ""


_PLAIN = SecretAsked()


class NewSecret(BaseModel):
    """A new secret; `client_secret` is shown here only."""

    secret_id: Id
    client_secret: str = Field(
        description="Keep it safe: it is never shown again.",
        json_schema_extra={"format": "password", "readOnly": True, "pattern": SECRET},
    )
    label: str
    created_at: Time
    expires_at: Time | None = Field(description=_EXPIRES_AT)


class Secret(BaseModel):
    """A live secret, without the secret itself."""

    secret_id: Id
    label: str
    hint: str = Field(description="Its last four characters.")
    created_at: Time
    expires_at: Time | None = Field(description=_EXPIRES_AT)
    last_used_at: Time | None = Field(description="Written down within 5 seconds; null: never.")
    last_used_from: str | None = Field(description="The address that it was last used from.")
    safe_to_delete: bool = Field(
        description="Something newer is in use, and this one has been quiet for at least the life "
        "of an access token. Programs that run more rarely than that are not seen."
    )


@router.post("", status_code=201, response_model=NewSecret, **described.ROTATE)
async def rotate(
    request: Request, client_id: str, actor: Manager, asked: SecretAsked = _PLAIN
) -> dict[str, Any]:
    """Make a new secret beside the old; the `client_secret` is returned only once."""
    context = context_of(request)
    how = Rotation(asked.old_secret_expires_in, asked.label)
    made = await context.database.write(
        lambda c: client_secrets.rotate(c, context, actor, client_id, how)
    )
    return shown.new_secret(made)


@router.get("", response_model=list[Secret], **described.LIST)
async def list_(request: Request, client_id: str, actor: Manager) -> list[dict[str, Any]]:
    """List the live secrets, oldest first, with the evidence of when each was last used."""
    context = context_of(request)
    found = await context.database.read(
        lambda c: client_secrets.list_live(c, context, actor, client_id)
    )
    return [shown.secret(secret) for secret in found]


@router.delete("/{secret_id}", status_code=204, **described.REMOVE)
async def remove(request: Request, client_id: str, secret_id: str, actor: Manager) -> None:
    """Delete a secret; it is refused from now on, on every worker."""
    context = context_of(request)
    await context.database.write(
        lambda c: client_secrets.remove(c, context, actor, client_id, secret_id)
    )
