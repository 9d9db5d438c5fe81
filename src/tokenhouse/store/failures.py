"""Table `failures`: wrong passwords and client secrets, counted where all workers see them.

A row is what is guessed at and from where, as a digest. An attempt is counted before it is
checked, so that parallel guesses get no more tries than one after the other; what turned out
right is taken back. The trap: a clock that was ahead must not lock anybody out for longer.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Double, Integer, LargeBinary, String, Table, bindparam, select

from tokenhouse.store.lookup import MOST, Lookup
from tokenhouse.store.schema import Uuid, insert, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Exists, Select
    from sqlalchemy.dialects import postgresql, sqlite

    from tokenhouse.store.lookup import Row

WINDOW = 60.0  # seconds in which failures count together
LONGEST_WAIT = 60.0  # seconds
FIRST_WAIT = 4.0  # seconds; each further one is twice as long
_MOST_WAITS = 5
_NETWORK_BITS = 64  # of an IPv6 address: what one customer gets (RFC 6177)
failures = Table(
    "failures",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("times", LargeBinary, nullable=False),
    Column("waits", Integer, nullable=False),
    Column("wait_until", Double, nullable=False),
    Column("ends_at", Double, nullable=False, index=True),
    Column("client_id", Uuid, index=True),
)


def key(kind: str, *what: str) -> str:
    """Return the key of what is guessed at and from where; it tells neither."""
    return hashlib.sha256("\0".join((kind, *what)).encode()).hexdigest()[:32]


def network(address: str) -> str:
    """Return what one source is: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> _NETWORK_BITS:x}/{_NETWORK_BITS}"


@dataclass(frozen=True, slots=True)
class Failures:
    """One row.

    Attributes:
        times: of the failures, unix seconds; those in the window count.
        waits: how many waits there were without a calm minute after them.
        wait_until: no attempt is let through before, unix seconds.

    """

    times: array[float] = field(default_factory=lambda: array("d"))
    waits: int = 0
    wait_until: float = 0.0

    def wait(self, now: float) -> float:
        """Return how long to wait, seconds; 0 = not at all."""
        left = self.wait_until - now
        return left if 0 < left <= LONGEST_WAIT else 0.0

    def recent(self, now: float) -> array[float]:
        """Return the times that count now; another worker's clock may be a little ahead."""
        return array("d", (time for time in self.times if abs(now - time) < WINDOW))

    def counted(self, now: float, most: int) -> Failures:
        """Count one more at `now`; from the `most`th on, each brings a longer wait."""
        calm = now > self.wait_until + WINDOW
        waits = 0 if calm else self.waits
        times = self.recent(now)
        times.append(now)
        if waits or len(times) >= most:
            wait = min(FIRST_WAIT * 2**waits, LONGEST_WAIT)
            return Failures(times, min(waits + 1, _MOST_WAITS), now + wait)
        return Failures(times, 0, 0.0)

    def without(self, time: float) -> Failures:
        """Take back the one that was counted at `time`, with the wait that it brought."""
        times = array("d", (other for other in self.times if other != time))
        if max(self.times, default=0.0) != time:  # another brought the wait
            return Failures(times, self.waits, self.wait_until)
        return Failures(times, max(self.waits - 1, 0), 0.0)


# Written once, for making a statement costs more than asking it.
_rows: Select[Any] = select(*(failures.c[name] for name in ("key", "times", "waits", "wait_until")))
_EMPTY = {"times": b"", "waits": 0, "wait_until": 0.0, "ends_at": 0.0}
_save = failures.update().where(failures.c.key == bindparam("of"))


@cache
def _make(dialect: str) -> sqlite.Insert | postgresql.Insert:
    return insert(dialect, failures).on_conflict_do_nothing()


def _by_key(rows: Iterable[Row]) -> dict[str, Failures]:
    return {key: Failures(array("d", times), waits, until) for key, times, waits, until in rows}


standing: Lookup[Failures] = Lookup(_rows, failures.c.key, _by_key, Failures())
"""The rows of these keys, empty ones where there are none."""
_locked: Lookup[Failures | None] = Lookup(
    _rows.order_by(failures.c.key).with_for_update(), failures.c.key, _by_key, None
)


def count(connection: Connection, most: Mapping[str, int], now: float) -> tuple[float, float]:
    """Count an attempt under several keys at once, or under none where one has to wait.

    Args:
        connection: a write transaction.
        most: how many failures each key may have in the window.
        now: unix seconds.

    Returns:
        Seconds to wait, 0 where the attempt was counted and may be made; and seconds that the
        next one will have to wait if this one fails.

    """
    rows = held(connection, most)
    wait = max((row.wait(now) for row in rows.values()), default=0.0)
    if wait:
        return wait, wait
    rows = {key: row.counted(now, most[key]) for key, row in rows.items()}
    save(connection, rows)
    return 0.0, max((row.wait(now) for row in rows.values()), default=0.0)


def take_back(connection: Connection, keys: Iterable[str], time: float, forget: str) -> None:
    """Take back an attempt that was counted at `time`: it was no failure.

    Args:
        connection: a write transaction.
        keys: what it was counted under.
        time: when, unix seconds.
        forget: the key whose other failures are forgotten too.

    """
    rows = _find(connection, list(keys))
    good = {key: Failures() if key == forget else row.without(time) for key, row in rows.items()}
    save(connection, good)


def purge(connection: Connection, now: float, most: int = 5000) -> int:
    """Forget at most `most` rows that count no more at `now`; return how many."""
    old = select(failures.c.key).where(failures.c.ends_at < now).limit(most)
    return connection.execute(failures.delete().where(failures.c.key.in_(old))).rowcount


def held(connection: Connection, keys: Iterable[str]) -> dict[str, Failures]:
    """Return the rows, made where missing and locked in one order until the commit."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    # Where several write at once, who held some and then made the others could meet a deadlock.
    rows = _find(connection, wanted) if connection.dialect.name == "sqlite" else {}
    if len(rows) < len(wanted):
        new = [{"key": key, **_EMPTY} for key in wanted]
        connection.execute(_make(connection.dialect.name), new)
        rows = _find(connection, wanted)
    return rows


def _find(connection: Connection, keys: Sequence[str]) -> dict[str, Failures]:
    found: list[Failures | None] = []
    for begin in range(0, len(keys), MOST):
        found += _locked(connection, keys[begin : begin + MOST])
    return {key: row for key, row in zip(keys, found, strict=True) if row is not None}


def save(
    connection: Connection, rows: Mapping[str, Failures], clients: Mapping[str, str] | None = None
) -> None:
    """Write rows that are held.

    Args:
        connection: a write transaction.
        rows: by their keys.
        clients: the client that a key is about, where it is about one; it is written where
            somebody has to wait, so that looking for such a row passes over no others.

    """
    clients = clients or {}
    changed = [
        {
            "of": key,
            "times": row.times.tobytes(),
            "waits": row.waits,
            "wait_until": row.wait_until,
            "ends_at": max(*row.times, row.wait_until, 0.0) + WINDOW,
            "client_id": clients.get(key) if row.wait_until else None,
        }
        for key, row in rows.items()
    ]
    if changed:
        connection.execute(_save, changed)


def are_waited_for(client_id: ColumnElement[str]) -> Exists:
    """Select whether anybody has to wait at this client, however many do."""
    return select(failures.c.key).where(failures.c.client_id == client_id).exists()
