"""App credentials: creating, listing, changing, deleting them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenhouse.audit import Event
from tokenhouse.crypto.secrets import make_id
from tokenhouse.manage import scopes
from tokenhouse.manage.client_secrets import add_secret
from tokenhouse.manage.errors import ActorEnded, Forbidden, NotFound
from tokenhouse.manage.own import show
from tokenhouse.store import client_secrets, clients, last_used, token_counts, users
from tokenhouse.store.clients import Client

if TYPE_CHECKING:
    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.clients import ClientIds
    from tokenhouse.store.database import Connection


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What may be said of a credential when it is made."""

    name: str = ""
    description: str = ""
    owner_id: str | None = None
    expires_at: float | None = None
    auth_methods: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None


def create(
    connection: Connection, context: Context, actor: Actor, asked: NewCredential
) -> tuple[Client, str]:
    """Create a credential.

    Returns:
        The credential and its secret, which is never shown again.

    Raises:
        Forbidden: for another owner, and the actor is no administrator.
        NotFound: there is no such owner.
        Invalid: a scope is not defined, or not one of the program that asks.
        ActorEnded: the program that asks was deleted just now.

    """
    if actor.client_id and clients.find(connection, actor.client_id, held=True) is None:
        raise ActorEnded  # or what it makes would outlive it
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
        created_by=actor.name,
        scopes=_scopes(connection, actor, asked.scopes),
    )
    clients.add(connection, client)
    secret = add_secret(connection, context, client.client_id, now).clear
    context.trail.record(connection, actor, _event("credential.created", client))
    return client, secret


def _scopes(connection: Connection, actor: Actor, asked: tuple[str, ...] | None) -> str | None:
    """Return the allowed set of a new credential: a program hands on no more than it has."""
    maker = clients.find(connection, actor.client_id) if actor.client_id else None
    mine = maker.scopes if maker else None
    if asked is None:
        return mine
    return scopes.checked(connection, asked, mine)


def join_methods(methods: tuple[str, ...] | None) -> str | None:
    """Keep allowed methods as one string, None = any."""
    return None if methods is None else " ".join(methods)


def list_own(
    connection: Connection,
    actor: Actor,
    limit: int | None = None,
    after: tuple[float, str] | None = None,
) -> list[Client]:
    """Return the actor's credentials, oldest first; `after` is where the last page ended."""
    return clients.of_user(connection, actor.user_id, limit=limit, after=after)


def list_every(connection: Connection, limit: int, after: tuple[float, str] | None) -> list[Client]:
    """Return everybody's credentials, oldest first; `after` is where the last page ended."""
    return clients.of_user(connection, None, limit=limit, after=after)


def change(
    connection: Connection, context: Context, actor: Actor, client_id: str, changes: dict[str, Any]
) -> Client:
    """Change a credential: the columns named in `changes`.

    Raises:
        NotFound: unknown, deleted, or another's.
        Forbidden: `may_introspect` by anyone but an administrator, or a program that would
            detach a credential from the one that made it, or change what one is allowed.
        Invalid: a scope is not defined.

    """
    client = show(connection, actor, client_id, held=True)
    if "may_introspect" in changes and not actor.is_admin:
        msg = "only an administrator may change may_introspect"
        raise Forbidden(msg)
    if "parent_id" in changes and actor.client_id is not None:
        msg = "detaching a credential takes a token of a person"
        raise Forbidden(msg)
    if "scopes" in changes and actor.client_id is not None:
        msg = "changing the scopes of a credential takes a token of a person"
        raise Forbidden(msg)
    if changes.get("scopes") is not None:
        changes = {**changes, "scopes": scopes.checked(connection, changes["scopes"])}
    if changes:
        clients.change(connection, client_id, **changes)
    if changes.get("disabled") and not client.disabled:
        clients.end_tokens(connection, context.clock(), client_id=client_id)
    if changes:
        event = _event("credential.changed", client, members=sorted(changes))
        context.trail.record(connection, actor, event)
    return show(connection, actor, client_id)


def made_by(connection: Connection, actor: Actor, client_id: str) -> list[Client]:
    """Return the credentials that end with one, because it made them or their makers.

    Raises:
        NotFound: unknown, deleted, or another's.

    """
    show(connection, actor, client_id)
    return clients.made_by(connection, client_id)


def delete(connection: Connection, context: Context, actor: Actor, client_id: str) -> None:
    """Delete a credential, those that it made, and all their tokens.

    Raises:
        NotFound: unknown, deleted already, or another's.

    """
    show(connection, actor, client_id, held=True)
    deleted = delete_all(connection, clients.family(client_id), context.clock())
    context.trail.record(connection, actor, *deleted)


def delete_all(connection: Connection, which: ClientIds, now: float) -> list[Event]:
    """Delete the credentials that `which` selects; their secrets are forgotten with them.

    Returns:
        What is to be recorded.

    """
    deleted: list[Client] = []
    while more := clients.delete(connection, which, now):
        deleted += more  # while this waited for one of them, it may have made another
    last_used.remove(connection, which)
    token_counts.remove(connection, which)
    client_secrets.remove_of(connection, which)
    return [_event("credential.deleted", client) for client in deleted]


def _event(action: str, client: Client, **details: object) -> Event:
    return Event(action, f"credential:{client.client_id}", client.user_id, details=details)
