"""The secrets of a credential: a new one beside the old, and evidence when the old may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.audit import Event
from tokenhouse.crypto.secrets import hint, make_client_secret, make_id
from tokenhouse.manage.errors import Conflict, NotFound
from tokenhouse.manage.own import keep_a_means, show
from tokenhouse.store import client_secrets, last_used
from tokenhouse.store.client_secrets import ClientSecret
from tokenhouse.store.last_used import BY_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.clients import Client
    from tokenhouse.store.database import Connection
    from tokenhouse.store.last_used import LastUse

LONGEST_OVERLAP = 90 * 86400  # seconds
OVERLAP = 86400


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret just made; `clear` is never shown again."""

    row: ClientSecret
    clear: str


@dataclass(frozen=True, slots=True)
class SecretInUse:
    """A live secret, its last use, and whether it can be deleted without harm."""

    row: ClientSecret
    last_use: LastUse | None
    safe_to_delete: bool


def add_secret(
    connection: Connection, context: Context, client_id: str, now: float, label: str = ""
) -> NewSecret:
    """Make a secret and keep it, sealed."""
    clear, secret_id = make_client_secret(), make_id()
    sealed = context.sealer.seal(client_secrets.SEAL, secret_id, clear.encode())
    row = ClientSecret(secret_id, client_id, sealed, label, hint(clear), now, None)
    client_secrets.add(connection, row)
    return NewSecret(row, clear)


@dataclass(frozen=True, slots=True)
class Rotation:
    """How to rotate: seconds that older secrets still live, and the new one's label."""

    overlap: int = OVERLAP
    label: str = ""


def rotate(
    connection: Connection, context: Context, actor: Actor, client_id: str, how: Rotation
) -> NewSecret:
    """Make a new secret; those before it end after the overlap, or when they would anyway.

    Raises:
        NotFound: unknown, deleted, or another's.
        Conflict: there would be more live ones than `max_secrets`.

    """
    client = show(connection, actor, client_id, held=True)
    now = context.clock()
    live = [
        row for row in client_secrets.of_client(connection, client_id) if row.known.is_live(now)
    ]
    most, staying = context.settings.max_secrets, len(live) if how.overlap else 0
    if staying >= most:
        msg = (
            f"there are {len(live)} live secrets already, of {most} at most; delete one, or let "
            "them end at once (old_secret_expires_in: 0)"
        )
        raise Conflict(msg)
    end = now + how.overlap
    later = [row.secret_id for row in live if row.expires_at is None or row.expires_at > end]
    client_secrets.end_at(connection, later, end)
    made = add_secret(connection, context, client_id, now, how.label)
    ends = {"others_end_in": how.overlap} if later else {}
    context.trail.record(
        connection, actor, _event("secret.created", client, made.row.secret_id, ends)
    )
    return made


def list_live(
    connection: Connection, context: Context, actor: Actor, client_id: str
) -> list[SecretInUse]:
    """Return the live secrets of a credential, oldest first.

    Raises:
        NotFound: unknown, deleted, or another's.

    """
    show(connection, actor, client_id)
    now = context.clock()
    live = [
        row for row in client_secrets.of_client(connection, client_id) if row.known.is_live(now)
    ]
    uses = last_used.of_secrets(connection, client_id)
    quiet_since = now - context.settings.access_token_ttl
    return [
        SecretInUse(
            row,
            uses.get(row.secret_id),
            is_safe_to_delete(
                row.secret_id, [newer.secret_id for newer in later], uses, quiet_since
            ),
        )
        for row, later in ((row, live[at + 1 :]) for at, row in enumerate(live))
    ]


def is_safe_to_delete(
    secret_id: str, newer: list[str], uses: Mapping[str, LastUse], quiet_since: float
) -> bool:
    """Tell whether every program that is at work has moved on from a secret.

    Something newer is in use, and this one has been quiet for the life of an access token: a
    program that still had it would have come back with it by now.

    Args:
        secret_id: the secret.
        newer: the secrets made after it.
        uses: the last use of each secret, and under `BY_KEY` of the keys.
        quiet_since: unix seconds, a token's life ago.

    """
    moved_on = any(other in uses for other in (*newer, BY_KEY))
    use = uses.get(secret_id)
    return moved_on and (use is None or use.used_at < quiet_since)


def remove(
    connection: Connection, context: Context, actor: Actor, client_id: str, secret_id: str
) -> None:
    """Delete a secret; it is refused from now on.

    Raises:
        NotFound: the credential or the secret is unknown, deleted, or another's.
        Conflict: it is the last means of authentication.

    """
    client = show(connection, actor, client_id, held=True)
    rows = client_secrets.of_client(connection, client_id)
    others = [row for row in rows if row.secret_id != secret_id]
    if len(others) == len(rows):
        raise NotFound
    keep_a_means(context, (client, rows), (client, others))
    client_secrets.remove(connection, secret_id)
    context.trail.record(connection, actor, _event("secret.deleted", client, secret_id, {}))


def _event(action: str, client: Client, secret_id: str, more: Mapping[str, object]) -> Event:
    details = {"credential": client.client_id, **more}
    return Event(action, f"secret:{secret_id}", client.user_id, details=details)
