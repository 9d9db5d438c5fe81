"""Is this the person? The one place that checks a user's password.

The trap: an unknown user, a disabled one and a wrong password must give the same bytes in the
same time, so a hash is checked in each case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.crypto.passwords import DUMMY_HASH, MOST_OCTETS, hash_password, needs_rehash
from tokenhouse.oauth.errors import InvalidGrant
from tokenhouse.store import users

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.store.users import User

_MOST_EMAIL = 320


async def sign_in(context: Context, email: str, password: str, source: str) -> User:
    """Return the active user with this e-mail address and password.

    Args:
        context: the Context.
        email: as typed; compared by its key.
        password: exactly as typed; more than 1,024 octets are refused, never cut.
        source: address that the request came from.

    Raises:
        InvalidGrant: there is none; says nothing about why.

    """
    del source
    if len(password.encode()) > MOST_OCTETS or len(email) > _MOST_EMAIL or "\0" in email + password:
        raise InvalidGrant
    user = await context.database.read(lambda connection: users.by_email(connection, email))
    hashed = user.password_hash if user else DUMMY_HASH
    good = await context.check_password(hashed, password)
    if not good or user is None or not user.is_active:
        raise InvalidGrant
    if needs_rehash(hashed):
        fresh = hash_password(password)
        await context.database.write(lambda c: users.change(c, user.id, password_hash=fresh))
    return user
