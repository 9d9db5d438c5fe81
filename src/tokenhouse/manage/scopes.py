"""Scopes: the operator defines them; while there are none, they are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.actor import OPERATOR
from tokenhouse.audit import Event
from tokenhouse.manage.errors import Conflict, Invalid, NotFound
from tokenhouse.oauth.scope import is_scope_token
from tokenhouse.store import scopes
from tokenhouse.store.scopes import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection


def add(
    connection: Connection, context: Context, actor: Actor, name: str, description: str = ""
) -> Scope:
    """Define a scope.

    Raises:
        Invalid: the name is no scope-token (RFC 6749 section 3.3).
        Conflict: it is defined already.

    """
    scope = Scope(_checked_name(name), description, context.clock())
    if not scopes.add(connection, scope):
        msg = f"the scope {name} is defined already"
        raise Conflict(msg)
    context.trail.record(connection, actor, _created(name))
    return scope


def follow_settings(connection: Connection, context: Context) -> None:
    """Define the scopes that the settings name, where they are missing.

    Raises:
        Invalid: a name is no scope-token.

    """
    wanted = [Scope(_checked_name(name), "", context.clock()) for name in context.settings.scopes]
    added = [scope.name for scope in wanted if scopes.add(connection, scope)]
    if added:
        context.trail.record(connection, OPERATOR, *map(_created, added))


def _created(name: str) -> Event:
    return Event("scope.created", f"scope:{name}")


def _checked_name(name: str) -> str:
    if not is_scope_token(name):
        field = "name"
        raise Invalid(
            field, 'a scope is 1 to 128 printable ASCII characters without space, " or \\'
        )
    return name


def delete(connection: Connection, context: Context, actor: Actor, name: str) -> None:
    """Delete a scope; it is granted no more, tokens that carry it end by themselves.

    Raises:
        NotFound: it is not defined.

    """
    if not scopes.delete(connection, name):
        raise NotFound
    context.trail.record(connection, actor, Event("scope.deleted", f"scope:{name}"))


def checked(connection: Connection, names: Sequence[str], within: str | None = None) -> str:
    """Return the allowed set of a credential as it is kept.

    Args:
        connection: where to look.
        names: the scopes.
        within: what they must be among, space-separated; None = all that are defined.

    Raises:
        Invalid: one is not.

    """
    known = (scopes.names(connection) or ()) if within is None else within.split()
    if unknown := [name for name in names if name not in known]:
        field = "scopes"
        raise Invalid(
            field,
            f"{len(unknown)} of {len(names)} scopes: not defined here, or not yours to hand on",
        )
    return " ".join(dict.fromkeys(names))
