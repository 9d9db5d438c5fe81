"""Table `signing_keys`: private keys, sealed under their `kid`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Column, Double, LargeBinary, String, Table, select

from tokenhouse.store.schema import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection

SEAL = "signing-key"  # the purpose under which they are sealed; the identity is kid
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("alg", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Double, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One row."""

    kid: str
    alg: str
    sealed: bytes
    created_at: float


def add(connection: Connection, key: SigningKey) -> None:
    """Add a key."""
    row = {name: getattr(key, name) for name in SigningKey.__slots__}
    connection.execute(signing_keys.insert(), row)


def every(connection: Connection) -> list[SigningKey]:
    """Return all keys, the newest first."""
    query = select(signing_keys).order_by(signing_keys.c.created_at.desc(), signing_keys.c.kid)
    return [SigningKey(*row) for row in connection.execute(query)]
