"""What the nouns look like, the same at every door: REST, command line.

Members of JSON objects; times as RFC 3339 in UTC. No secret is among them but a new one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenhouse.manage.client_secrets import NewSecret, SecretInUse
    from tokenhouse.manage.keys import KeyState
    from tokenhouse.manage.usage import Usage
    from tokenhouse.store.audit_events import AuditEvent
    from tokenhouse.store.clients import Client
    from tokenhouse.store.deliveries import Delivery
    from tokenhouse.store.last_used import LastUse
    from tokenhouse.store.scopes import Scope
    from tokenhouse.store.users import User
    from tokenhouse.store.webhooks import Webhook

Json = dict[str, Any]


def rfc3339(seconds: float | None) -> str | None:
    """Write unix seconds as RFC 3339 in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def user(row: User) -> Json:
    """Make the object that stands for a person, in the shape that the public service answers."""
    names = ("id", "email", "is_active", "is_superuser", "is_verified")
    return {name: getattr(row, name) for name in names}


def credential(row: Client, use: LastUse | None = None) -> Json:
    """Make the object that stands for a credential, with its last use."""
    return {
        "user_id": row.user_id,
        "client_id": row.client_id,
        "name": row.name,
        "description": row.description,
        "created_at": rfc3339(row.created_at),
        "expires_at": rfc3339(row.expires_at),
        "disabled": row.disabled,
        "auth_methods": None if row.auth_methods is None else row.auth_methods.split(),
        "scopes": None if row.scopes is None else row.scopes.split(),
        "parent_id": row.parent_id,
        "may_introspect": row.may_introspect,
        "created_by": row.created_by,
        **_last(use),
        "jwks": None if row.jwks is None else json.loads(row.jwks),
    }


def client_keys(row: Client) -> Json:
    """Make the JWK Set of a credential; an empty one where it has no keys."""
    kept: Json = {"keys": []} if row.jwks is None else json.loads(row.jwks)
    return kept


def new_secret(made: NewSecret) -> Json:
    """Make the object that shows a new secret, this once."""
    return {
        "secret_id": made.row.secret_id,
        "client_secret": made.clear,
        "label": made.row.label,
        "created_at": rfc3339(made.row.created_at),
        "expires_at": rfc3339(made.row.expires_at),
    }


def secret(found: SecretInUse) -> Json:
    """Make the object that stands for a live secret."""
    return {
        "secret_id": found.row.secret_id,
        "label": found.row.label,
        "hint": found.row.hint,
        "created_at": rfc3339(found.row.created_at),
        "expires_at": rfc3339(found.row.expires_at),
        **_last(found.last_use),
        "safe_to_delete": found.safe_to_delete,
    }


def usage(found: Usage) -> Json:
    """Make the object that tells how many tokens a credential got."""
    return {
        name: [{"begins_at": rfc3339(one.begins_at), "tokens": one.tokens} for one in counts]
        for name, counts in (("hours", found.hours), ("days", found.days))
    }


def scope(row: Scope) -> Json:
    """Make the object that stands for a scope."""
    return {
        "name": row.name,
        "description": row.description,
        "created_at": rfc3339(row.created_at),
    }


def signing_key(key: KeyState) -> Json:
    """Make the object that stands for a signing key."""
    return {
        "kid": key.row.kid,
        "alg": key.row.alg,
        "use": key.use,
        "created_at": rfc3339(key.row.created_at),
        "signs_from": rfc3339(key.row.signs_from),
        "signs_until": rfc3339(key.signs_until),
    }


def webhook(row: Webhook) -> Json:
    """Make the object that stands for a webhook, without its secret."""
    return {
        "id": row.id,
        "url": row.url,
        "events": row.events.split(),
        "created_at": rfc3339(row.created_at),
    }


def delivery(row: Delivery) -> Json:
    """Make the object that stands for a message, delivered or not."""
    return {
        "id": row.id,
        "webhook_id": row.webhook_id,
        "type": row.type,
        "state": row.state,
        "created_at": rfc3339(row.created_at),
        "attempts": row.attempts,
        "next_attempt_at": rfc3339(row.next_at),
        "error": row.error,
    }


def audit_event(row: AuditEvent) -> Json:
    """Make the object that stands for an event of the audit trail."""
    return {
        "id": row.seq,
        "at": rfc3339(row.at),
        "actor": row.actor,
        "action": row.action,
        "target": row.target,
        "outcome": row.outcome,
        "source": row.source,
        "request_id": row.request_id,
        "user_id": row.user_id,
        "details": json.loads(row.details),
    }


def _last(use: LastUse | None) -> Json:
    return {
        "last_used_at": rfc3339(use.used_at) if use else None,
        "last_used_from": use.source if use else None,
    }
