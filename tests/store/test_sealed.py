"""No column of secrets is forgotten: every column of octets is sealed, or known to be no secret."""

import pkgutil
from importlib import import_module

from sqlalchemy import LargeBinary

import tokenhouse.store
from tokenhouse.store import sealed
from tokenhouse.store.database import Database
from tokenhouse.store.schema import Sealed, metadata

# Octets that are no secret: digests of what was used, times of failures, and the MACs of the audit
# chain, which only their key could make.
UNSEALED = {
    ("used_once", "digest"),
    ("failures", "times"),
    ("audit_events", "mac"),
    ("audit_head", "mac"),
    ("audit_head", "mac_before"),
    ("audit_head", "seal"),
}


def test_every_column_of_octets_is_sealed_and_found() -> None:
    for module in pkgutil.iter_modules(tokenhouse.store.__path__, "tokenhouse.store."):
        import_module(module.name)
    octets = {
        (table.name, column.name): column.type
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    unsealed = {name for name, kind in octets.items() if not isinstance(kind, Sealed)}
    assert unsealed == UNSEALED
    found = {(one.column.table.name, one.column.name) for one in sealed.columns()}
    assert found == octets.keys() - UNSEALED
    assert len({one.purpose for one in sealed.columns()}) == len(found)


def test_values_under_another_key_are_counted(store: Database) -> None:
    """The row of `installation` is sealed as `sealed` here, other tests add rows of their own."""
    counts = store.read_now(
        lambda c: [sealed.count_not_under(c, head) for head in (b"other", b"seale")]
    )
    assert counts[0] > counts[1] >= 0
