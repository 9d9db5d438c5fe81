"""One-time links by which a person sets a password that an administrator need not know.

A link names the user and the user's generation under a MAC. Setting a password moves the
generation on, so that every link made before is used up with it, and nothing has to be kept.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenhouse.actor import Actor
from tokenhouse.audit import Event
from tokenhouse.mail import Message
from tokenhouse.manage import users as people
from tokenhouse.manage.errors import NotFound
from tokenhouse.store import users

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.oauth.origin import Origin
    from tokenhouse.store.database import Connection
    from tokenhouse.store.users import User

LIFE = 86400  # seconds
_PURPOSE = "password reset"
_TEXT = """\
Hello,

somebody who administers {service} asks you to set a password for {email}:

{url}

The link works once, within {hours} hours. Whoever has it can set your password, so pass it to
nobody. If you did not expect this, do nothing.
"""


def make_link(connection: Connection, context: Context, actor: Actor, user_id: str) -> str:
    """Return the last part of a link for this user, good for a day and for one use.

    Raises:
        NotFound: there is no such user.

    """
    user = people.by_id(connection, user_id)
    event = Event("user.reset_link_made", f"user:{user.id}", user.id)
    context.trail.record(connection, actor, event)
    text = f"{user.id}.{user.generation}.{int(context.clock()) + LIFE}"
    return f"{text}.{_mac(context, text)}"


def message(context: Context, user: User, url: str) -> Message:
    """Write the message that brings a link to its person.

    Args:
        context: the Context.
        user: whose password the link sets.
        url: the whole link.

    """
    service = context.settings.issuer
    text = _TEXT.format(email=user.email, service=service, url=url, hours=LIFE // 3600)
    return Message(user.email, f"Set your password at {urlsplit(service).hostname}", text)


def user_of(connection: Connection, context: Context, link: str) -> User:
    """Return whose password a link may set.

    Raises:
        NotFound: it is not ours, used, or over; or its user is disabled or gone.

    """
    text, _, mac = link.rpartition(".")
    if not link.isascii() or not hmac.compare_digest(_mac(context, text), mac):
        raise NotFound
    user_id, generation, end = text.split(".")
    user = people.by_id(connection, user_id)
    current = user.is_active and str(user.generation) == generation
    if not current or int(end) <= context.clock():
        raise NotFound
    return user


def set_password(
    connection: Connection, context: Context, origin: Origin, link: str, hashed: str
) -> User:
    """Set the password, once.

    Raises:
        NotFound: as `user_of`.

    """
    users.hold(connection, user_of(connection, context, link).id)
    user = user_of(connection, context, link)  # of two in one moment, the second is too late
    people.set_password(connection, context, Actor(user.id, origin=origin), user, hashed)
    return user


def _mac(context: Context, text: str) -> str:
    mac = context.sealer.mac(_PURPOSE, text.encode())
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
