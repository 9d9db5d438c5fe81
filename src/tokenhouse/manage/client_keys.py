"""The public keys of a credential: registering, replacing and removing them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tokenhouse.audit import Event
from tokenhouse.crypto.public_keys import MOST_KEYS, UnfitKey, checked, kept
from tokenhouse.manage.errors import Invalid
from tokenhouse.manage.own import keep_a_means, show
from tokenhouse.store import client_secrets, clients
from tokenhouse.store.clients import KEY_METHOD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.clients import Client
    from tokenhouse.store.database import Connection

    Jwk = dict[str, Any]


def checked_keys(keys: Sequence[Jwk]) -> list[Jwk]:
    """Return what is kept of keys that can be registered together.

    Raises:
        Invalid: one is unfit, there are too many, or two have the same `kid`.

    """
    if len(keys) > MOST_KEYS:
        raise Invalid("keys", f"{len(keys)} keys; at most {MOST_KEYS}")
    seen: set[str] = set()
    for at, jwk in enumerate(keys):
        try:
            kid = checked(jwk).kid
        except UnfitKey as error:
            raise Invalid(f"keys.{at}.{error.member}", str(error)) from None
        if kid is not None and kid in seen:
            raise Invalid(f"keys.{at}.kid", "another key has the same kid")
        seen |= {kid} if kid is not None else set()
    return [kept(jwk) for jwk in keys]


def replace_keys(
    connection: Connection, context: Context, actor: Actor, client_id: str, keys: Sequence[Jwk]
) -> Client:
    """Register these keys, checked already, in place of those before; none removes all.

    The method is added where the owner has restricted the methods.

    Raises:
        NotFound: unknown, deleted, or another's.
        Conflict: the last means of authentication would go.

    """
    client = show(connection, actor, client_id, held=True)
    jwks = json.dumps({"keys": keys}, separators=(",", ":")) if keys else None
    methods = client.auth_methods
    if keys and methods is not None and KEY_METHOD not in methods.split(" "):
        methods = f"{methods} {KEY_METHOD}"
    changed = client._replace(jwks=jwks, auth_methods=methods)
    secrets = client_secrets.of_client(connection, client_id)
    keep_a_means(context, (client, secrets), (changed, secrets))
    clients.change(connection, client_id, jwks=jwks, auth_methods=methods)
    event = Event(
        "client_keys.replaced",
        f"credential:{client_id}",
        client.user_id,
        details={"keys": len(keys)},
    )
    context.trail.record(connection, actor, event)
    return changed
