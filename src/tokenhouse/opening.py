"""Opening an installation: database, master key and signing keys, or one clear refusal.

The trap: a database that is missing where one was expected must never be replaced by a new,
empty one. A first start is cut off safely: the database is built under another name and
renamed when it is whole.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tokenhouse.context import Context, clock, make_context
from tokenhouse.crypto.keyring import Keyring
from tokenhouse.crypto.sealing import (
    MasterKeyError,
    Sealer,
    SealError,
    make_master_key,
    read_master_keys,
)
from tokenhouse.crypto.signer import Signer, make_private_key
from tokenhouse.store import installation, migrations, signing_keys
from tokenhouse.store.database import Database, Unavailable, fold, sqlite_path
from tokenhouse.store.signing_keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection


class OpeningError(Exception):
    """The installation cannot be opened; the text is one line: why, and what to do."""


def open_context(settings: Settings, *, create: bool = False) -> Context:
    """Open an installation.

    Args:
        settings: where it is.
        create: make a new one in an empty place, as `serve` does.

    Raises:
        OpeningError: it cannot be used as it is.

    """
    if create:
        with _alone(settings.data_dir):
            _create_if_new(settings)
    database = None
    try:
        _expect_files(settings)
        sealer = Sealer(read_master_keys(settings.keys_path))
        database = Database(settings.database_url)
        if database.is_sqlite:
            _expect_sound(database)
        database.write_now(_upgrade)
        database.read_now(lambda connection: _expect_ours(connection, sealer))
        keyring = _load_keys(database, sealer, settings)
    except (MasterKeyError, SealError) as error:
        raise OpeningError(str(error)) from None
    except Unavailable as error:
        msg = f"the database cannot be used: {error}"
        raise OpeningError(msg) from None
    return make_context(settings, database, sealer, keyring)


def _path(settings: Settings) -> Path | None:
    """Return the file of a SQLite database, None for PostgreSQL."""
    try:
        return sqlite_path(settings.database_url)
    except ValueError as error:
        raise OpeningError(str(error)) from None


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


def _create_if_new(settings: Settings) -> None:
    path = _path(settings)
    if path is None or path.exists():
        return
    building = path.with_name(path.name + ".new")
    if settings.keys_path.exists() and not building.exists():
        return  # a database was expected here: _expect_files says so
    try:
        building.write_bytes(b"")  # first, so that a cut-off start is known as such
        if not settings.keys_path.exists():
            make_master_key(settings.keys_path)
        sealer = Sealer(read_master_keys(settings.keys_path))
        database = Database(f"sqlite:///{building}")
        database.write_now(migrations.upgrade)
        database.write_now(lambda c: _fill(c, sealer, settings))
        database.close()
        fold(building)
        building.chmod(0o600)
        building.rename(path)
    except (OSError, MasterKeyError, Unavailable) as error:
        msg = f"cannot make a new installation in {settings.data_dir}: {error}"
        raise OpeningError(msg) from None


def _fill(connection: Connection, sealer: Sealer, settings: Settings) -> None:
    sealed = sealer.seal(installation.SEAL, "", installation.CHECK)
    installation.add(connection, sealed, clock())
    add_signing_key(connection, sealer, settings.signing_alg)


def add_signing_key(connection: Connection, sealer: Sealer, alg: str) -> Signer:
    """Make and keep a signing key for `alg`."""
    private_key = make_private_key(alg)
    signer = Signer(alg, private_key)
    sealed = sealer.seal(signing_keys.SEAL, signer.kid, private_key)
    signing_keys.add(connection, SigningKey(signer.kid, alg, sealed, clock()))
    return signer


def _expect_files(settings: Settings) -> None:
    path = _path(settings)
    if path is None:
        return
    if not path.exists():
        if settings.keys_path.exists():
            msg = (
                f"the database {path} is missing, though its master key {settings.keys_path} is "
                "here; restore the database, or move the key away to begin anew"
            )
        else:
            msg = f"no installation in {settings.data_dir}; run: tokenhouse serve"
        raise OpeningError(msg)
    if path.stat().st_size == 0:
        msg = f"the database {path} is empty; restore it from a backup"
        raise OpeningError(msg)


def _expect_sound(database: Database) -> None:
    found = database.soundness()
    if found != "ok":
        msg = f"the database {database.path} is corrupt ({found}); restore a backup"
        raise OpeningError(msg)


def _upgrade(connection: Connection) -> None:
    found = migrations.revision(connection)
    if found is None:
        msg = "the database holds no Tokenhouse tables; is database_url right?"
        raise OpeningError(msg)
    if found not in migrations.KNOWN:
        msg = f"the database is newer (revision {found}) than this program; upgrade tokenhouse"
        raise OpeningError(msg)
    if found != migrations.HEAD:
        migrations.upgrade(connection)


def _expect_ours(connection: Connection, sealer: Sealer) -> None:
    sealed = installation.sealed_check(connection)
    try:
        ours = sealed is not None and sealer.open(installation.SEAL, "", sealed)
    except SealError:
        ours = False
    if ours != installation.CHECK:
        msg = "the master key is not this database's; restore the one that belongs to it"
        raise OpeningError(msg)


def _load_keys(database: Database, sealer: Sealer, settings: Settings) -> Keyring:
    rows = database.read_now(signing_keys.every)
    signers = [Signer(row.alg, sealer.open(signing_keys.SEAL, row.kid, row.sealed)) for row in rows]
    fitting = [signer for signer in signers if signer.alg == settings.signing_alg]
    if not fitting:  # signing_alg was changed: the old keys go on checking
        made = database.write_now(lambda c: add_signing_key(c, sealer, settings.signing_alg))
        signers.insert(0, made)
        fitting = [made]
    return Keyring(signers, fitting[0].kid)
