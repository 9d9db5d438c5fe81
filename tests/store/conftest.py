"""A database with Tokenhouse's tables, of each kind, that all tests of this folder share.

Trap: it is shared in random order; a test looks only at rows that it made itself.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import NewDatabase
from tokenhouse.store import installation, migrations
from tokenhouse.store.database import Database


@pytest.fixture(scope="session")
def store(
    new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database at the newest revision, with the one row of `installation`."""
    file = tmp_path_factory.mktemp("store") / "tokenhouse.db"
    database = Database(new_database() or f"sqlite:///{file}")
    database.alone_now(migrations.upgrade)
    database.write_now(lambda c: installation.add(c, b"sealed", migrations.COMPATIBLE_FROM, 1.5))
    yield database
    database.close()


@pytest.fixture
def empty(new_database: NewDatabase, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    database = Database(new_database() or f"sqlite:///{tmp_path / 'empty.db'}")
    yield database
    database.close()
