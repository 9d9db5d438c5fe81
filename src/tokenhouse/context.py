"""The Context: settings, database, keys, clock. Made once, frozen, passed on.

The clock comes from here alone; the linter bans the others.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.crypto.passwords import verify_password
from tokenhouse.crypto.secrets import make_client_secret
from tokenhouse.store import client_secrets, clients, revoked_tokens, used_once, users
from tokenhouse.store.client_secrets import ClientSecret, Known
from tokenhouse.store.clients import Client, Owned

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.crypto.keyring import Keyring
    from tokenhouse.crypto.sealing import Sealer
    from tokenhouse.settings import Settings
    from tokenhouse.store.batcher import Batcher
    from tokenhouse.store.database import Database
    from tokenhouse.store.users import User

NOBODY = "00000000-0000-0000-0000-000000000000"  # RFC 9562 section 5.9: no row has it


def clock() -> float:
    """Return the time in unix seconds."""
    return time.time()  # noqa: TID251 - because this is the one clock


@dataclass(frozen=True, slots=True)
class Hot:
    """The statements of the token path, batched."""

    known: Batcher[str, Known | None]
    owned: Batcher[str, Owned | None]
    user: Batcher[str, User | None]
    use: Batcher[tuple[bytes, float], bool]
    revoked: Batcher[str, bool]


@dataclass(frozen=True, slots=True)
class Context:
    """What every room may use."""

    settings: Settings
    database: Database
    sealer: Sealer
    keyring: Keyring
    hot: Hot
    nobody: Known
    hashing: ThreadPoolExecutor
    clock: Callable[[], float] = clock

    async def check_password(self, hashed: str, password: str) -> bool:
        """Check a password off the event loop, as many at once as the gate lets."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.hashing, verify_password, hashed, password)

    def close(self) -> None:
        """Close the database and end the threads."""
        self.hashing.shutdown()
        self.database.close()


def make_context(
    settings: Settings, database: Database, sealer: Sealer, keyring: Keyring
) -> Context:
    """Put a Context together."""
    return Context(
        settings,
        database,
        sealer,
        keyring,
        Hot(
            database.batched_read(client_secrets.known),
            database.batched_read(clients.by_ids),
            database.batched_read(users.by_ids),
            database.batched_write(used_once.record),
            database.batched_read(revoked_tokens.are_revoked),
        ),
        _nobody(sealer),
        # One core is left to those who need no password (contract, section 5).
        ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "hash"),
    )


def _nobody(sealer: Sealer) -> Known:
    """Make a client that nothing authenticates: an unknown one costs the same as it."""
    client = Client(NOBODY, NOBODY, "", "", 0.0, None, True, None, None, None, False, 0)  # noqa: FBT003 - because columns stand in their order
    sealed = sealer.seal(client_secrets.SEAL, NOBODY, make_client_secret().encode())
    secret = ClientSecret(NOBODY, NOBODY, sealed, "", "", 0.0, None)
    return Known(Owned(client, owner_active=False), (secret,))
