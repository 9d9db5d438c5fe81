"""Wrong client secrets: 20 in a minute of one client from one source, then a wait.

Only a proof that is wrong counts: a secret, or a signature. An assertion that has expired or
was used before does not. A right secret from elsewhere is never kept waiting, and costs no
write: whether it has to wait is read with the client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.actor import Actor
from tokenhouse.audit import REFUSED, Event, Trail
from tokenhouse.store import clients, failures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenhouse.oauth.origin import Origin
    from tokenhouse.store.database import Connection


@dataclass(frozen=True, slots=True)
class WrongProof:
    """A proof that was wrong: of which client, from where, when (unix seconds)."""

    client_id: str
    origin: Origin
    time: float

    @property
    def key(self) -> str:
        """What it counts under."""
        return key_of(self.client_id, self.origin.source)


def key_of(client_id: str, source: str) -> str:
    """Return what the failures of one client from one source count under."""
    return failures.key("client", client_id, failures.network(source))


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts wrong proofs, and records when somebody has to wait; `most` 0 = never."""

    trail: Trail
    most: int

    def count(self, connection: Connection, proofs: Sequence[WrongProof]) -> list[float]:
        """Count wrong proofs in one write transaction.

        Returns:
            For each how many seconds one has to wait, 0 where it was counted.

        """
        if not self.most:
            return [0.0] * len(proofs)
        of = {proof.key: proof.client_id for proof in proofs}
        rows = failures.held(connection, of)
        waits: list[float] = []
        changed: dict[str, failures.Failures] = {}
        begun: dict[str, WrongProof] = {}
        for proof in proofs:
            row = rows[proof.key]
            waits.append(row.wait(proof.time))
            if not waits[-1]:
                row = rows[proof.key] = changed[proof.key] = row.counted(proof.time, self.most)
                if row.wait(proof.time):
                    begun[proof.key] = proof
        failures.save(connection, changed, of)
        owned = clients.by_ids(connection, [proof.client_id for proof in begun.values()])
        for proof, one in zip(begun.values(), owned, strict=True):
            wait = round(rows[proof.key].wait(proof.time))
            user_id = one.user_id if one else None
            target = f"credential:{proof.client_id if one else 'unknown'}"
            event = Event("client_secret.throttled", target, user_id, REFUSED, {"seconds": wait})
            self.trail.record(connection, Actor("", origin=proof.origin), event)
        return waits
