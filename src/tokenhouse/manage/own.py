"""Which credential an actor may reach, and what could still prove that credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.manage.errors import Conflict, NotFound
from tokenhouse.store import clients
from tokenhouse.store.clients import KEY_METHOD, SECRET_METHODS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.client_secrets import ClientSecret
    from tokenhouse.store.clients import Client
    from tokenhouse.store.database import Connection


LAST_MEANS = "this is the last means of authentication; delete the credential, or add another"


def show(connection: Connection, actor: Actor, client_id: str, *, held: bool = False) -> Client:
    """Return a credential that the actor may see.

    Args:
        connection: where to ask.
        actor: who asks.
        client_id: any text.
        held: keep others from changing it until the end of the transaction.

    Raises:
        NotFound: unknown, deleted, or another's.

    """
    if not client_id.isprintable():  # no database takes a NUL
        raise NotFound
    owner = None if actor.is_admin else actor.user_id  # reading another's would take time
    client = clients.find(connection, client_id, owner=owner, held=held)
    if client is None:
        raise NotFound
    return client


Means = tuple["Client", "Iterable[ClientSecret]"]


def keep_a_means(context: Context, before: Means, after: Means) -> None:
    """Refuse to take away the last means of authentication.

    Args:
        context: the Context.
        before: the credential and its secrets as they are.
        after: the same as they would be.

    Raises:
        Conflict: it could authenticate before, and not after.

    """
    if _can_authenticate(context, *before) and not _can_authenticate(context, *after):
        raise Conflict(LAST_MEANS)


def _can_authenticate(context: Context, client: Client, secrets: Iterable[ClientSecret]) -> bool:
    alone, now = context.settings.refuse_secrets_with_keys, context.clock()
    owned = client.owned(active=True)
    if owned.jwks is not None and owned.allows(KEY_METHOD, keys_alone=alone):
        return True
    by_secret = any(owned.allows(method, keys_alone=alone) for method in SECRET_METHODS)
    return by_secret and any(secret.known.is_live(now) for secret in secrets)
