"""Is this the person? The one place that checks a user's password.

The traps: an unknown user, a disabled one and a wrong password must give the same bytes in the
same time, so a hash is checked in each case; and a limit by account alone would let anybody
lock another out, so failures count by account and source, and by source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.crypto.passwords import DUMMY_HASH, MOST_OCTETS, hash_password, needs_rehash
from tokenhouse.oauth.errors import InvalidGrant, SlowDown
from tokenhouse.store import failures, users

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.store.database import Connection
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
        SlowDown: too many failures; nothing was checked.

    """
    if len(password.encode()) > MOST_OCTETS or len(email) > _MOST_EMAIL or "\0" in email + password:
        raise InvalidGrant
    attempt = _attempt(context, email, source)
    count = partial(failures.count, most=attempt.most, now=attempt.time)
    if wait := await context.database.write(count):
        raise SlowDown(retry_after=math.ceil(wait))
    user = await context.database.read(lambda connection: users.by_email(connection, email))
    hashed = user.password_hash if user else DUMMY_HASH
    good = await context.check_password(hashed, password)
    if not good or user is None or not user.is_active:
        raise InvalidGrant
    fresh = hash_password(password) if needs_rehash(hashed) else None

    def welcome(connection: Connection) -> None:
        failures.forget(connection, attempt.account)
        failures.take_back(connection, attempt.most.keys() - {attempt.account}, attempt.time)
        if fresh is not None:
            users.change(connection, user.id, password_hash=fresh)

    await context.database.write(welcome)
    return user


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt: when, at which account, and how many failures each key may have."""

    time: float
    account: str
    most: dict[str, int]


def _attempt(context: Context, email: str, source: str) -> _Attempt:
    settings, where = context.settings, failures.network(source)
    account = failures.key("account", users.email_key(email), where)
    most = {
        account: settings.login_failures_per_account,
        failures.key("source", where): settings.login_failures_per_source,
    }
    return _Attempt(context.clock(), account, {key: most for key, most in most.items() if most})
