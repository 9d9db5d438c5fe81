"""The Context: settings, database, keys, clock. Made once, frozen, passed on.

The clock comes from here alone; the linter bans the others.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.crypto.secrets import make_client_secret
from tokenhouse.gate import Gate
from tokenhouse.store import client_secrets, clients, revoked_tokens, used_once, users
from tokenhouse.store.client_secrets import ClientSecret, Known
from tokenhouse.store.clients import Client, Owned
from tokenhouse.store.last_used import Gathered

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
    last_used: Gathered
    gate: Gate
    clock: Callable[[], float] = clock

    def close(self) -> None:
        """Close the database and end the threads."""
        self.gate.close()
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
        Gathered(),
        Gate(settings.data_dir / "gate"),
    )


def _nobody(sealer: Sealer) -> Known:
    """Make a client that nothing authenticates: an unknown one costs the same as it."""
    client = Client(NOBODY, NOBODY, "", "", 0.0, None, True, None, None, None, False, 0, "")  # noqa: FBT003 - because columns stand in their order
    sealed = sealer.seal(client_secrets.SEAL, NOBODY, make_client_secret().encode())
    secret = ClientSecret(NOBODY, NOBODY, sealed, "", "", 0.0, None)
    return Known(Owned(client, owner_active=False), (secret,))
