"""Is this the person? The one place that checks a user's password.

The traps: an unknown user, a disabled one and a wrong password must give the same bytes in the
same time, so a hash is checked in each case; and a limit by account alone would let anybody
lock another out, so failures count by account and source, and by source.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.actor import Actor
from tokenhouse.audit import DONE, REFUSED, Event
from tokenhouse.crypto.passwords import (
    DUMMY_HASH,
    MOST_OCTETS,
    hash_password,
    needs_rehash,
    verify_password,
)
from tokenhouse.gate import Busy
from tokenhouse.oauth.errors import InvalidGrant, SlowDown, TemporarilyUnavailable
from tokenhouse.store import failures, users

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from tokenhouse.audit import Trail
    from tokenhouse.context import Context
    from tokenhouse.oauth.origin import Origin
    from tokenhouse.store.database import Connection
    from tokenhouse.store.users import Known, User

_MOST_EMAIL = 320
_BUSY_SECONDS = 2
_HOLD_SECONDS = 0.5  # before one is refused unheard: a flood tries again when it is answered


async def sign_in(context: Context, email: str, password: str, origin: Origin) -> Known:
    """Return the active user with this e-mail address and password, and which scopes there are.

    Args:
        context: the Context.
        email: as typed; compared by its key.
        password: exactly as typed; more than 1,024 octets are refused, never cut.
        origin: where the request came from.

    Raises:
        InvalidGrant: there is none; says nothing about why.
        SlowDown: too many failures; nothing was checked.
        TemporarilyUnavailable: too many sign-ins at once; nothing was checked.

    """
    if len(password.encode()) > MOST_OCTETS or len(email) > _MOST_EMAIL or "\0" in email + password:
        raise InvalidGrant
    try:
        return await _sign_in(context, _attempt(context, email, origin), password)
    except TemporarilyUnavailable:
        await asyncio.sleep(_HOLD_SECONDS)
        raise


async def _sign_in(context: Context, attempt: _Attempt, password: str) -> Known:
    with _unavailable():
        context.gate.expect_room(attempt.place)  # at a glance, before the database is asked
    asked = [context.hot.standing.ask(key) for key in attempt.most]  # in one batch
    suspect = attempt.look([await one for one in asked])
    async with _turn(context, attempt.place, suspect=suspect):
        known = await context.database.write_together(attempt.begin)
        user = known.user if known else None
        hashed = user.password_hash if user else DUMMY_HASH
        good = await context.gate.run(verify_password, hashed, password)
        fresh = None
        if good and needs_rehash(hashed):
            fresh = await context.gate.run(hash_password, password)
    if not good or known is None or not known.user.is_active:
        await context.database.write_together(partial(attempt.refuse, user=user))
        raise InvalidGrant
    await context.database.write_together(partial(attempt.welcome, user=known.user, fresh=fresh))
    return known


async def hash_new_password(context: Context, password: str, origin: Origin) -> str:
    """Hash a password that the rules allow, when it is its turn.

    Raises:
        TemporarilyUnavailable: too many sign-ins at once.

    """
    async with _turn(context, failures.network(origin.source)):
        return await context.gate.run(hash_password, password)


@asynccontextmanager
async def _turn(context: Context, place: str, *, suspect: bool = False) -> AsyncGenerator[None]:
    with _unavailable():
        async with context.gate.turn(place, suspect=suspect):
            yield


@contextmanager
def _unavailable() -> Generator[None]:
    """Tell that the gate has no room."""
    try:
        yield
    except Busy:
        msg = "Too many sign-ins at once; try again."
        raise TemporarilyUnavailable(msg, retry_after=_BUSY_SECONDS) from None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt.

    Attributes:
        trail: where it is recorded.
        time: when, unix seconds.
        email: as typed.
        origin: the request.
        place: where it comes from, as far as sources are told apart.
        account: the key under which failures at this account from this place count.
        source: the same for this place and any account.
        most: how many failures each may have.

    """

    trail: Trail
    time: float
    email: str
    origin: Origin
    place: str
    account: str
    source: str
    most: dict[str, int]

    def look(self, rows: Sequence[failures.Failures]) -> bool:
        """Refuse early what has to wait; tell whether there were failures from here lately.

        Args:
            rows: of the keys in `most`.

        Raises:
            SlowDown: so long.

        """
        _refuse(max((row.wait(self.time) for row in rows), default=0.0))
        standing = dict(zip(self.most, rows, strict=True))
        return self.source in standing and len(standing[self.source].recent(self.time)) > 0

    def begin(self, connection: Connection) -> Known | None:
        """Count the attempt, before anything is checked; return the user.

        Raises:
            SlowDown: others were quicker to use up what there was.

        """
        wait, next_wait = failures.count(connection, self.most, self.time)
        _refuse(wait)
        known = users.known_by_email(connection, self.email)
        if next_wait:
            user = known.user if known else None
            self._record(connection, "sign_in.throttled", user, REFUSED, seconds=round(next_wait))
        return known

    def welcome(self, connection: Connection, user: User, fresh: str | None) -> None:
        """Take back what was counted: the password was right.

        The failures of the account are forgotten. Those of the source are not: an attacker
        with an account of his own could wipe them out by signing in.
        """
        failures.take_back(connection, self.most, self.time, forget=self.account)
        if fresh is not None:
            users.change(connection, user.id, password_hash=fresh)
        self._record(connection, "sign_in", user, DONE)

    def refuse(self, connection: Connection, user: User | None) -> None:
        """Record that it failed; it was counted before it was made."""
        self._record(connection, "sign_in", user, REFUSED)

    def _record(
        self,
        connection: Connection,
        action: str,
        user: User | None,
        outcome: str,
        **details: object,
    ) -> None:
        """Record what became of it; an unknown name is not written: some type their password."""
        actor = Actor(user.id if user and outcome == DONE else "", origin=self.origin)
        target = f"user:{user.id}" if user else "user:unknown"
        event = Event(action, target, user.id if user else None, outcome, details)
        self.trail.record(connection, actor, event)


def _attempt(context: Context, email: str, origin: Origin) -> _Attempt:
    settings, place = context.settings, failures.network(origin.source)
    account = failures.key("account", users.email_key(email), place)
    by_source = failures.key("source", place)
    most = {
        account: settings.login_failures_per_account,
        by_source: settings.login_failures_per_source,
    }
    limited = {key: most for key, most in most.items() if most}
    return _Attempt(
        context.trail, context.clock(), email, origin, place, account, by_source, limited
    )


def _refuse(wait: float) -> None:
    if wait:
        raise SlowDown(retry_after=math.ceil(wait))
