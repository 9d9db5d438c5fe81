"""Table `signing_keys`: private keys, sealed under their `kid`, numbered in the order they sign.

Two workers that make the next key at once give it the same number, and the unique constraint
lets one of them. A row is published from when it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, Integer, String, Table, select

from tokenhouse.store.schema import Sealed, insert, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

SEAL = "signing-key"  # the purpose under which they are sealed; the identity is kid
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("alg", String(16), nullable=False),
    Column("sealed", Sealed(SEAL, "kid"), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("signs_from", Double, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One row. The highest `number` whose `signs_from` (unix seconds) has come signs now."""

    kid: str
    number: int
    alg: str
    sealed: bytes
    created_at: float
    signs_from: float


def add(connection: Connection, key: SigningKey) -> bool:
    """Add a key; False where another has its number already."""
    row = {name: getattr(key, name) for name in SigningKey.__slots__}
    keep = insert(connection.dialect.name, signing_keys).on_conflict_do_nothing(
        index_elements=["number"]
    )
    # Not by `rowcount`: of an INSERT on PostgreSQL it tells nothing.
    return connection.execute(keep.returning(signing_keys.c.kid), row).first() is not None


def every(connection: Connection) -> list[SigningKey]:
    """Return all keys, the highest number first."""
    query = select(signing_keys).order_by(signing_keys.c.number.desc())
    return [SigningKey(*row) for row in connection.execute(query)]


def remove(connection: Connection, kids: Sequence[str]) -> None:
    """Forget keys."""
    connection.execute(signing_keys.delete().where(signing_keys.c.kid.in_(kids)))
