"""People: adding them, changing their passwords, disabling and deleting them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.audit import Event
from tokenhouse.crypto.passwords import MOST_OCTETS, hash_password, is_common
from tokenhouse.crypto.secrets import make_id
from tokenhouse.manage import credentials
from tokenhouse.manage.errors import Conflict, Invalid, NotFound
from tokenhouse.store import clients, users
from tokenhouse.store.users import EmailTaken, User

if TYPE_CHECKING:
    from tokenhouse.actor import Actor
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection

_MOST_EMAIL = 320
_EMAIL = re.compile(r"[^@\s:]+@[^@\s:]+")  # a colon would end the user-id of HTTP Basic


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to change of a user; None stays."""

    is_active: bool | None = None
    is_superuser: bool | None = None
    password_hash: str | None = None


def checked_email(email: str) -> str:
    """Return an e-mail address that can be a user's.

    Raises:
        Invalid: it is none, too long, or holds a control character, a space or a colon.

    """
    # NFKC makes up to 18 letters of one, and what is compared must fit into an index.
    longest = max(len(email), len(users.email_key(email)))
    if not _EMAIL.fullmatch(email) or not email.isprintable() or longest > _MOST_EMAIL:
        field = "email"
        raise Invalid(field, "not an e-mail address that can be used")
    return email


def check_new_password(context: Context, password: str) -> None:
    """Check a new password against the rules.

    Raises:
        Invalid: too short, longer than 1,024 octets, or one that many people have.

    """
    least = context.settings.password_min_length
    if len(password) < least:
        field = "password"
        raise Invalid(field, f"the password needs at least {least} characters")
    if len(password.encode()) > MOST_OCTETS or "\0" in password:
        field = "password"
        raise Invalid(field, f"the password is longer than {MOST_OCTETS} octets or holds a NUL")
    if is_common(password):
        field = "password"
        raise Invalid(field, "the password is one that many people have; take another")


def hashed_password(context: Context, password: str) -> str:
    """Check a new password against the rules and hash it, at once and on this thread.

    Raises:
        Invalid: see `check_new_password`.

    """
    check_new_password(context, password)
    return hash_password(password)


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to add; the password is hashed already."""

    email: str
    password_hash: str
    is_admin: bool = False


def add(connection: Connection, context: Context, actor: Actor, asked: NewUser) -> User:
    """Add a user.

    Raises:
        Invalid: the e-mail address cannot be used.
        Conflict: it is another user's, or compares equal to it.

    """
    email = checked_email(asked.email)
    user = User(
        id=make_id(),
        email=email,
        email_key=users.email_key(email),
        password_hash=asked.password_hash,
        is_active=True,
        is_superuser=asked.is_admin,
        is_verified=True,
        generation=0,
        created_at=context.clock(),
    )
    try:
        users.add(connection, user)
    except EmailTaken:
        msg = f"there is a user with the e-mail address {email} already"
        raise Conflict(msg) from None
    context.trail.record(
        connection, actor, _event("user.created", user.id, admin=user.is_superuser)
    )
    return user


def show(connection: Connection, email: str) -> User:
    """Return the user with this e-mail address.

    Raises:
        NotFound: there is none.

    """
    user = users.by_email(connection, email)
    if user is None:
        raise NotFound
    return user


def by_id(connection: Connection, user_id: str) -> User:
    """Return the user with this id.

    Raises:
        NotFound: there is none.

    """
    found = users.by_ids(connection, [user_id])[0] if user_id.isprintable() else None
    if found is None or not found.email:
        raise NotFound
    return found


def change(
    connection: Connection, context: Context, actor: Actor, user_id: str, changes: Changes
) -> User:
    """Change a user.

    Raises:
        NotFound: there is none.

    """
    user = by_id(connection, user_id)
    events: list[Event] = []
    if changes.password_hash is not None:
        events.append(_set_password(connection, context, user, changes.password_hash))
    if changes.is_superuser is not None and changes.is_superuser != user.is_superuser:
        users.change(connection, user_id, is_superuser=changes.is_superuser)
        events.append(_event("user.changed", user_id, admin=changes.is_superuser))
    if changes.is_active is not None and changes.is_active != user.is_active:
        events.append(_set_active(connection, context, user, active=changes.is_active))
    context.trail.record(connection, actor, *events)
    return by_id(connection, user_id)


def set_password(
    connection: Connection, context: Context, actor: Actor, user: User, hashed: str
) -> None:
    """Give a user a new password; the user's own tokens end, the credentials' do not."""
    context.trail.record(connection, actor, _set_password(connection, context, user, hashed))


def set_active(
    connection: Connection, context: Context, actor: Actor, user: User, *, active: bool
) -> None:
    """Enable or disable a user; disabling ends all tokens, the credentials' too."""
    context.trail.record(connection, actor, _set_active(connection, context, user, active=active))


def delete(connection: Connection, context: Context, actor: Actor, user: User) -> None:
    """Delete a user with all credentials.

    The row is kept without address and password, so that ids in tokens and in the audit
    trail still mean something; the e-mail address is free again.
    """
    deleted = credentials.delete_all(connection, clients.owned_by(user.id), context.clock())
    _set_active(connection, context, user, active=False)
    users.blank(connection, user.id)
    context.trail.record(connection, actor, *deleted, _event("user.deleted", user.id))


def _set_password(connection: Connection, context: Context, user: User, hashed: str) -> Event:
    users.change(connection, user.id, password_hash=hashed)
    users.end_tokens(connection, user.id, context.clock())
    return _event("password.changed", user.id)


def _set_active(connection: Connection, context: Context, user: User, *, active: bool) -> Event:
    users.change(connection, user.id, is_active=active)
    if not active:
        now = context.clock()
        users.end_tokens(connection, user.id, now, credentials=True)
        clients.end_tokens(connection, now, user_id=user.id)
    return _event("user.enabled" if active else "user.disabled", user.id)


def _event(action: str, user_id: str, **details: object) -> Event:
    return Event(action, f"user:{user_id}", user_id, details=details)
