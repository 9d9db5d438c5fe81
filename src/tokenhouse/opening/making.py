"""Making a new installation in an empty place.

The traps: a start that is cut off must leave nothing that looks whole, so SQLite's database is
built under another name and renamed, and PostgreSQL's is one transaction; and of two processes
that start at once one makes it and the other finds it made.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tokenhouse.audit import Trail
from tokenhouse.context import clock
from tokenhouse.crypto.master_keys import master_keys
from tokenhouse.crypto.sealing import (
    MasterKeyError,
    Sealer,
    make_key,
    make_master_key,
)
from tokenhouse.manage import keys as signing
from tokenhouse.opening.errors import OpeningError
from tokenhouse.store import audit_events, installation, migrations, signing_keys
from tokenhouse.store.database import Database, Unavailable
from tokenhouse.store.sqlite import fold

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection


def make_if_new(settings: Settings, path: Path | None, *, asked: bool) -> bool:
    """Make an installation where there is none.

    Args:
        settings: where it is to be.
        path: the file of a SQLite database, None for PostgreSQL.
        asked: whether the operator asked for just this (`db upgrade`): then an empty
            PostgreSQL database may belong to a master key that is here already.

    Returns:
        Whether there was none.

    Raises:
        OpeningError: it cannot be made here.

    """
    with _alone(settings.data_dir):
        try:
            if path is None:
                return _make_on_server(settings, asked=asked)
            return not path.exists() and _make_file(settings, path, asked=asked)
        except (OSError, MasterKeyError, Unavailable) as error:
            msg = f"cannot make a new installation in {settings.data_dir}: {error}"
            raise OpeningError(msg) from None


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Let one process at a time make a new installation in this folder."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        msg = f"the data folder {folder} cannot be used: {error.strerror}"
        raise OpeningError(msg) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _make_file(settings: Settings, path: Path, *, asked: bool) -> bool:
    building = path.with_name(path.name + ".new")
    keys = master_keys(settings)
    if keys.exists() and not building.exists() and not (asked and keys.is_outside):
        return False  # a database was expected here: who opens it says so
    building.write_bytes(b"")  # first, so that a cut-off start is known as such
    for rest in ("-wal", "-shm"):  # of one that was: it would come back to life
        building.with_name(building.name + rest).unlink(missing_ok=True)
    database = Database(f"sqlite:///{building}")
    database.alone_now(lambda c: _fill(c, settings))
    database.close()
    fold(building)
    building.chmod(0o600)
    building.rename(path)
    return True


def _make_on_server(settings: Settings, *, asked: bool) -> bool:
    database = Database(settings.database_url, pooler=settings.database_pooler)
    try:
        if database.read_now(migrations.revision) is not None:
            return False
        return database.alone_now(lambda c: _fill_on_server(c, settings, asked=asked))
    finally:
        database.close()


def _fill_on_server(connection: Connection, settings: Settings, *, asked: bool) -> bool:
    if migrations.revision(connection) is not None:
        return False  # another process was first
    if migrations.tables(connection):
        msg = "the database holds tables that are not Tokenhouse's; give it one of its own"
        raise OpeningError(msg)
    keys = master_keys(settings)
    if keys.exists() and not asked:
        msg = (
            f"the database is empty, though a master key {keys} is here; restore "
            "the database, or run: tokenhouse db upgrade, to begin anew with this key"
        )
        raise OpeningError(msg)
    _fill(connection, settings)
    return True


def _fill(connection: Connection, settings: Settings) -> None:
    """Make all that a new database holds, and the master key where there is none."""
    keys = master_keys(settings)
    if not keys.exists():
        make_master_key(settings.keys_path)
    sealer = Sealer(keys.read())
    migrations.upgrade(connection)
    sealed = sealer.seal(installation.SEAL, "", installation.CHECK)
    installation.add(connection, sealed, migrations.COMPATIBLE_FROM, clock())
    trail = Trail(make_key(), clock)
    trail.begin(connection, sealer.seal(audit_events.SEAL, "", trail.key))
    first = signing.make_key(sealer, settings.signing_alg, 1, clock(), clock())
    signing_keys.add(connection, first)
