"""The doctor looks into a sound database: keys, people, credentials, throttles, clock, backup."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tokenhouse.crypto.master_keys import master_keys
from tokenhouse.crypto.sealing import SealError
from tokenhouse.manage import keys as rules
from tokenhouse.manage.doctor.finding import RESTORE, Finding
from tokenhouse.store import (
    audit_events,
    deliveries,
    installation,
    last_used,
    sealed,
    signing_keys,
    users,
)
from tokenhouse.store.audit_events import Sought
from tokenhouse.store.sqlite import BACKUP_MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokenhouse.crypto.sealing import Sealer
    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection

_DAY, _HOUR, _WEEK = 86400, 3600, 604800
_SKEW = 60  # seconds that something here may come from the future
_SKEW_OF_SERVER = 10  # seconds between this clock and the database server's
_BACKUP_DAYS = 7
_OLDEST_KEY_DAYS = 366
_LATE = 60  # seconds; a service that runs makes the next key within one
_THROTTLES = {"sign_in.throttled": "passwords", "client_secret.throttled": "client secrets"}
_MOST = 1000


def examine(
    connection: Connection, sealer: Sealer, settings: Settings, clock: Callable[[], float]
) -> Iterator[Finding]:
    """Yield what is wrong with what the database holds."""
    now = clock()
    yield from _keys(connection, sealer, settings)
    yield from _rotation(connection, settings, now)
    yield from _people(connection)
    yield from _clock(connection, clock)
    yield from _credentials(connection, now)
    yield from _throttled(connection, now)
    yield from _given_up(connection, now)
    if connection.dialect.name == "sqlite":  # others have tools of their own for it
        yield from _backup(connection, settings, now)


def _keys(connection: Connection, sealer: Sealer, settings: Settings) -> Iterator[Finding]:
    check = installation.sealed_check(connection)
    if check is None or not _opens(sealer, installation.SEAL, "", check):
        yield Finding(
            f"the master key {master_keys(settings)} is not this database's",
            "restore the one that belongs to it",
        )
        return
    keys = signing_keys.every(connection)
    for key in keys:
        if not _opens(sealer, signing_keys.SEAL, key.kid, key.sealed):
            yield Finding(f"the signing key {key.kid} is damaged", RESTORE)
    if old := sealed.count_not_under(connection, sealer.head):
        yield Finding(
            f"{old} values are sealed under another master key than the first of its file",
            "run: tokenhouse key rewrap",
        )
    if settings.signing_alg not in {key.alg for key in keys}:
        yield Finding(
            f"there is no signing key for signing_alg {settings.signing_alg}",
            "restart the service, which makes one",
        )


def _opens(sealer: Sealer, purpose: str, identity: str, value: bytes) -> bool:
    try:
        sealer.open(purpose, identity, value)
    except SealError:
        return False
    return True


def _rotation(connection: Connection, settings: Settings, now: float) -> Iterator[Finding]:
    rows = signing_keys.every(connection)
    if not rows:
        return
    newest = rows[0]
    age = (now - newest.signs_from) / _DAY
    if rules.is_due(rows, settings, now - _LATE):
        end = newest.signs_from + settings.key_rotation_seconds
        how = "should have ended" if end <= now else "ends"
        yield Finding(
            f"the signing key {newest.kid} {how} on {_date(end)}, and the next is not made",
            "start the service, which makes it; where it runs, its log says why it has not",
        )
    elif not settings.key_rotation_seconds and age > _OLDEST_KEY_DAYS:
        yield Finding(
            f"the signing key {newest.kid} has signed for {age:.0f} days",
            "run: tokenhouse key rotate",
        )


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _people(connection: Connection) -> Iterator[Finding]:
    if not users.is_any(connection):
        yield Finding("there is no user", "run: tokenhouse user add EMAIL --admin")
    elif not users.is_any_admin(connection):
        yield Finding("no active user is an admin", "run: tokenhouse user add EMAIL --admin")


def _clock(connection: Connection, clock: Callable[[], float]) -> Iterator[Finding]:
    now, made = clock(), [key.created_at for key in signing_keys.every(connection)]
    ahead = max([*made, users.newest(connection)]) - now
    if ahead > _SKEW:
        yield Finding(
            f"the clock is behind: something here was made {ahead:.0f} seconds from now",
            "set the clock of this machine right (NTP)",
        )
    server = installation.clock_of_server(connection)
    skew = 0.0 if server is None else clock() - server
    if abs(skew) > _SKEW_OF_SERVER:
        how = "ahead of" if skew > 0 else "behind"
        yield Finding(
            f"the clock is {abs(skew):.0f} seconds {how} the database server's",
            "set the clocks of both machines right (NTP)",
        )


def _credentials(connection: Connection, now: float) -> Iterator[Finding]:
    """Yield credentials that have ended, or will soon, though programs still use them."""
    for one in last_used.ending(connection, now - _DAY, now + 7 * _DAY):
        what = f"the credential {one.client_id} ({one.email})"
        used = f"a program used it on {_date(one.used_at)}, from {one.source}"
        again = "give it a later end, or the program another credential"
        if one.expires_at > now:
            yield Finding(f"{what} ends on {_date(one.expires_at)}, and is in use: {used}", again)
        elif one.used_at >= one.expires_at:
            yield Finding(f"{what} ended on {_date(one.expires_at)}, and yet {used}", again)


def _throttled(connection: Connection, now: float) -> Iterator[Finding]:
    for action, what in _THROTTLES.items():
        sought = Sought(action=action, since=now - _HOUR)
        found = audit_events.page(connection, sought, limit=_MOST)
        if found:
            sources = len({event.source for event in found})
            yield Finding(
                f"{len(found)} times in the last hour somebody had to wait after wrong {what}, "
                f"from {sources} address{'' if sources == 1 else 'es'}",
                f"see whether it is a guesser, run: tokenhouse audit list --action {action}",
            )


def _given_up(connection: Connection, now: float) -> Iterator[Finding]:
    for webhook_id, count in deliveries.given_up(connection, now - _WEEK).items():
        to = f"the webhook {webhook_id}" if webhook_id else "people, by mail"
        again = f"; then run: tokenhouse webhook retry {webhook_id}" if webhook_id else ""
        yield Finding(
            f"{count} messages to {to} were given up in the last week",
            f"`tokenhouse webhook deliveries` says why; mend it{again}",
        )


def _backup(connection: Connection, settings: Settings, now: float) -> Iterator[Finding]:
    mark = settings.data_dir / BACKUP_MARK
    begun = installation.created_at(connection)
    last = mark.stat().st_mtime if mark.exists() else None
    days = (now - (begun if last is None else last)) / _DAY
    if days > _BACKUP_DAYS:
        what = "there is no backup, of" if last is None else "the last backup is from before"
        yield Finding(
            f"{what} {days:.0f} days",
            f"after a backup by other means, touch {mark}; else run: tokenhouse db backup FILE",
        )
