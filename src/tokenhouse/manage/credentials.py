"""App credentials: creating, listing, changing, deleting them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenhouse.crypto.secrets import make_client_secret, make_id
from tokenhouse.manage.errors import Forbidden, NotFound
from tokenhouse.store import client_secrets, clients, users
from tokenhouse.store.client_secrets import ClientSecret
from tokenhouse.store.clients import Client

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.manage.actor import Actor
    from tokenhouse.store.database import Connection

_HINT = 4  # last characters of a secret that are kept in clear, to tell it from another


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What may be said of a credential when it is made."""

    name: str = ""
    description: str = ""
    owner_id: str | None = None
    expires_at: float | None = None
    auth_methods: tuple[str, ...] | None = None


def create(
    connection: Connection, context: Context, actor: Actor, asked: NewCredential
) -> tuple[Client, str]:
    """Create a credential.

    Returns:
        The credential and its secret, which is never shown again.

    Raises:
        Forbidden: for another owner, and the actor is no administrator.
        NotFound: there is no such owner.

    """
    owner_id = asked.owner_id or actor.user_id
    if owner_id != actor.user_id:
        if not actor.is_admin:
            msg = "owner_id must be your own id or left out"
            raise Forbidden(msg)
        if users.by_ids(connection, [owner_id]) == [None]:
            raise NotFound
    now = context.clock()
    client = Client(
        client_id=make_id(),
        user_id=owner_id,
        name=asked.name,
        description=asked.description,
        created_at=now,
        expires_at=asked.expires_at,
        disabled=False,
        deleted_at=None,
        auth_methods=join_methods(asked.auth_methods),
        parent_id=actor.client_id,
        may_introspect=False,
        generation=0,
    )
    clients.add(connection, client)
    return client, _add_secret(connection, context, client.client_id, now)


def _add_secret(connection: Connection, context: Context, client_id: str, now: float) -> str:
    secret, secret_id = make_client_secret(), make_id()
    sealed = context.sealer.seal(client_secrets.SEAL, secret_id, secret.encode())
    row = ClientSecret(secret_id, client_id, sealed, "", secret[-_HINT:], now, None)
    client_secrets.add(connection, row)
    return secret


def join_methods(methods: tuple[str, ...] | None) -> str | None:
    """Keep allowed methods as one string, None = any."""
    return None if methods is None else " ".join(methods)


def show(connection: Connection, actor: Actor, client_id: str) -> Client:
    """Return a credential that the actor may see.

    Raises:
        NotFound: unknown, deleted, or another's.

    """
    client = clients.find(connection, client_id)
    if client is None or not (client.user_id == actor.user_id or actor.is_admin):
        raise NotFound
    return client


def list_own(
    connection: Connection,
    actor: Actor,
    limit: int | None = None,
    after: tuple[float, str] | None = None,
) -> list[Client]:
    """Return the actor's credentials, oldest first; `after` is where the last page ended."""
    return clients.of_user(connection, actor.user_id, limit=limit, after=after)


def change(
    connection: Connection, context: Context, actor: Actor, client_id: str, changes: dict[str, Any]
) -> Client:
    """Change a credential: the columns named in `changes`.

    Raises:
        NotFound: unknown, deleted, or another's.
        Forbidden: `may_introspect` by anyone but an administrator, or a program that would
            detach a credential from the one that made it.

    """
    client = show(connection, actor, client_id)
    if "may_introspect" in changes and not actor.is_admin:
        msg = "only an administrator may change may_introspect"
        raise Forbidden(msg)
    if "parent_id" in changes and actor.client_id is not None:
        msg = "detaching a credential takes a token of a person"
        raise Forbidden(msg)
    if changes:
        clients.change(connection, client_id, **changes)
    if changes.get("disabled") and not client.disabled:
        clients.end_tokens(connection, context.clock(), client_id=client_id)
    return show(connection, actor, client_id)


def delete(connection: Connection, context: Context, actor: Actor, client_id: str) -> None:
    """Delete a credential, those that it made, and all their tokens.

    Raises:
        NotFound: unknown, deleted already, or another's.

    """
    show(connection, actor, client_id)
    if not clients.delete(connection, client_id, context.clock()):
        raise NotFound
