"""Scopes: the operator defines them; while there are none, they are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.manage.errors import Conflict, Invalid, NotFound
from tokenhouse.oauth.scope import is_scope_token
from tokenhouse.store import scopes
from tokenhouse.store.scopes import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection


def add(connection: Connection, context: Context, name: str, description: str = "") -> Scope:
    """Define a scope.

    Raises:
        Invalid: the name is no scope-token (RFC 6749 section 3.3).
        Conflict: it is defined already.

    """
    scope = Scope(_checked_name(name), description, context.clock())
    if not scopes.add(connection, scope):
        msg = f"the scope {name} is defined already"
        raise Conflict(msg)
    return scope


def follow_settings(connection: Connection, context: Context) -> None:
    """Define the scopes that the settings name, where they are missing.

    Raises:
        Invalid: a name is no scope-token.

    """
    for name in context.settings.scopes:
        scopes.add(connection, Scope(_checked_name(name), "", context.clock()))


def _checked_name(name: str) -> str:
    if not is_scope_token(name):
        field = "name"
        raise Invalid(
            field, 'a scope is 1 to 128 printable ASCII characters without space, " or \\'
        )
    return name


def delete(connection: Connection, name: str) -> None:
    """Delete a scope; it is granted no more, tokens that carry it end by themselves.

    Raises:
        NotFound: it is not defined.

    """
    if not scopes.delete(connection, name):
        raise NotFound


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
