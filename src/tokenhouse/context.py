"""The Context: settings, database, keys, clock. Made once, frozen, passed on.

The clock comes from here alone; the linter bans the others.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from tokenhouse.crypto.secrets import make_client_secret
from tokenhouse.gate import Gate
from tokenhouse.log.tokens import TokenLog
from tokenhouse.metrics.tally import CountingTally
from tokenhouse.store import client_secrets, clients, failures, revoked_tokens, used_once, users
from tokenhouse.store.batcher import Asks, Batcher
from tokenhouse.store.client_secrets import Known, KnownSecret
from tokenhouse.store.clients import Owned
from tokenhouse.store.last_used import Gathered
from tokenhouse.store.token_counts import Counted
from tokenhouse.throttle import Throttle, WrongProof

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.audit import Trail
    from tokenhouse.crypto.keyring import Keyring
    from tokenhouse.crypto.sealing import Sealer
    from tokenhouse.metrics.tally import Tally
    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Database
    from tokenhouse.store.failures import Failures
    from tokenhouse.store.users import User

NOBODY = "00000000-0000-0000-0000-000000000000"  # RFC 9562 section 5.9: no row has it


def clock() -> float:
    """Return the time in unix seconds."""
    return time.time()  # noqa: TID251 - because this is the one clock


@dataclass(frozen=True, slots=True)
class Hot:
    """What the token path does many at a time: its statements, and signing."""

    known: Asks[str, Known | None]
    owned: Asks[str, Owned | None]
    user: Asks[str, User | None]
    use: Asks[tuple[bytes, float], bool]
    revoked: Asks[str, bool]
    wrong: Asks[WrongProof, float]
    standing: Asks[str, Failures]
    signed: Asks[bytes, str]


@dataclass(frozen=True, slots=True)
class Context:
    """What every room may use.

    `draining` is set once this process is to end and its machine with it (decision 71).
    """

    settings: Settings
    database: Database
    sealer: Sealer
    keyring: Keyring
    hot: Hot
    nobody: Known
    last_used: Gathered
    counted: Counted
    gate: Gate
    token_log: TokenLog
    trail: Trail
    clock: Callable[[], float] = clock
    draining: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def tally(self) -> Tally:
        """What this process counts."""
        return self.database.tally

    def close(self) -> None:
        """Close the database, end the threads, write what is left to write."""
        self.token_log.flush()
        self.gate.close()
        self.database.close()


def make_context(
    settings: Settings, database: Database, sealer: Sealer, keyring: Keyring, trail: Trail
) -> Context:
    """Put a Context together."""
    hot = Hot(
        database.batched_read(client_secrets.known),
        database.batched_read(clients.by_ids),
        database.batched_read(users.by_ids),
        database.batched_write(used_once.record),
        database.batched_read(revoked_tokens.are_revoked),
        database.batched_change(Throttle(trail, settings.client_failures_per_source).count),
        database.batched_read(failures.standing),
        Batcher(keyring.sign, None),
    )
    if isinstance(database.tally, CountingTally):
        for one in fields(Hot):
            getattr(hot, one.name).watch(database.tally.batches(one.name))
    return Context(
        settings,
        database,
        sealer,
        keyring,
        hot,
        _nobody(sealer),
        Gathered(),
        Counted(),
        Gate(settings.data_dir / "gate", database.tally),
        TokenLog(settings.log_format),
        trail,
    )


def _nobody(sealer: Sealer) -> Known:
    """Make a client that nothing authenticates: an unknown one costs the same as it."""
    owned = Owned(
        client_id=NOBODY,
        user_id=NOBODY,
        expires_at=None,
        disabled=True,
        deleted_at=None,
        auth_methods=None,
        may_introspect=False,
        generation=0,
        scopes=None,
        jwks=None,
        owner_active=False,
    )
    sealed = sealer.seal(client_secrets.SEAL, NOBODY, make_client_secret().encode())
    return Known(owned, (KnownSecret(NOBODY, sealed, None),))
