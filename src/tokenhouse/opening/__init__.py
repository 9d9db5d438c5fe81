"""Opening an installation: database, master key and signing keys, or one clear refusal.

The trap: a database that is missing where one was expected must never be replaced by a new,
empty one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.audit import Trail
from tokenhouse.context import Context, clock, make_context
from tokenhouse.crypto.keyring import Keyring
from tokenhouse.crypto.master_keys import master_keys
from tokenhouse.crypto.sealing import (
    MasterKeyError,
    Sealer,
    SealError,
)
from tokenhouse.manage import audit, keys, scopes
from tokenhouse.manage.errors import Invalid
from tokenhouse.metrics.tally import NO_TALLY, Tally
from tokenhouse.opening.errors import OpeningError
from tokenhouse.opening.making import make_if_new
from tokenhouse.store import audit_events, installation, migrations, signing_keys
from tokenhouse.store.database import Database, Unavailable, sqlite_path
from tokenhouse.store.sqlite import is_foreign

if TYPE_CHECKING:
    from pathlib import Path

    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection

__all__ = [
    "OpeningError",
    "expect_files",
    "expect_ours",
    "expect_sound",
    "open_context",
    "path_of",
    "upgrade_database",
]


def open_context(settings: Settings, *, create: bool = False, tally: Tally = NO_TALLY) -> Context:
    """Open an installation.

    Args:
        settings: where it is.
        create: make a new one in an empty place, as `serve` does.
        tally: where this process counts.

    Raises:
        OpeningError: it cannot be used as it is.

    """
    path = path_of(settings)
    if create:
        make_if_new(settings, path, asked=False)
    try:
        database, sealer = _open(settings, path, tally)
        found = database.read_now(migrations.state)
        if found is migrations.State.OLD and database.is_sqlite and settings.upgrade_at_start:
            database.alone_now(migrations.upgrade)
            found = migrations.State.CURRENT
        if not found.usable:
            raise OpeningError(found.value)
        database.read_now(lambda connection: expect_ours(connection, sealer))
        sealed = database.read_now(audit_events.sealed_key)
        trail = Trail(sealer.open(audit_events.SEAL, "", sealed), clock)
        keyring = _load_keys(database, sealer)
        context = make_context(settings, database, sealer, keyring, trail)
        if create:
            _follow_settings(context)
    except (MasterKeyError, SealError) as error:
        raise OpeningError(str(error)) from None
    except Invalid as error:
        msg = f"setting scopes: {error}"
        raise OpeningError(msg) from None
    except Unavailable as error:
        msg = f"the database cannot be used: {error}"
        raise OpeningError(msg) from None
    return context


def _follow_settings(context: Context) -> None:
    """Let keys, scopes and the trail follow, each in a transaction that ends with its event."""
    for follow in (keys.follow_settings, scopes.follow_settings, audit.follow_settings):
        context.database.write_now(partial(follow, context=context))


def upgrade_database(settings: Settings) -> str:
    """Bring the database to what this program needs, making it where there is none.

    Returns:
        What was done, in a line.

    Raises:
        OpeningError: it is another's, newer, or cannot be used.

    """
    path = path_of(settings)
    made = make_if_new(settings, path, asked=True)
    try:
        database, sealer = _open(settings, path)
        found = database.read_now(migrations.state)
        if found is migrations.State.OLD:
            database.read_now(lambda connection: expect_ours(connection, sealer))
            database.alone_now(migrations.upgrade)
        elif not found.usable:
            raise OpeningError(found.value)
        database.close()
    except MasterKeyError as error:
        raise OpeningError(str(error)) from None
    except Unavailable as error:
        msg = f"the database cannot be upgraded: {error}; nothing was changed"
        raise OpeningError(msg) from None
    if made:
        return f"made a new installation, at revision {migrations.HEAD}"
    if found is migrations.State.OLD:
        return f"upgraded to revision {migrations.HEAD}"
    return f"nothing to do: the database is at revision {migrations.HEAD} or a later one"


def path_of(settings: Settings) -> Path | None:
    """Return the file of a SQLite database, None for PostgreSQL."""
    try:
        return sqlite_path(settings.database_url)
    except ValueError as error:
        raise OpeningError(str(error)) from None


def _open(
    settings: Settings, path: Path | None, tally: Tally = NO_TALLY
) -> tuple[Database, Sealer]:
    if path is not None:
        expect_files(settings, path)
    from_where = master_keys(settings)
    sealer = Sealer(from_where.read(), from_where)
    if path is not None and is_foreign(path):  # left exactly as it is
        raise OpeningError(migrations.State.NONE.value)
    database = Database(settings.database_url, pooler=settings.database_pooler, tally=tally)
    if database.is_sqlite:
        expect_sound(database)
    return database, sealer


def expect_files(settings: Settings, path: Path) -> None:
    """Refuse a place where the file of a SQLite database is missing or empty."""
    if not path.exists():
        from_where = master_keys(settings)
        if from_where.is_outside:
            msg = (
                f"the database {path} is missing; restore it, or make a new one with the master "
                f"key {from_where}: run: tokenhouse db upgrade"
            )
        elif from_where.exists():
            msg = (
                f"the database {path} is missing, though its master key {from_where} is "
                "here; restore the database, or move the key away to begin anew"
            )
        else:
            msg = f"no installation in {settings.data_dir}; run: tokenhouse serve"
        raise OpeningError(msg)
    if path.stat().st_size == 0:
        msg = f"the database {path} is empty; restore it from a backup"
        raise OpeningError(msg)


def expect_sound(database: Database) -> None:
    """Refuse a corrupt SQLite database."""
    found = database.soundness()
    if found != "ok":
        msg = f"the database {database.path} is corrupt ({found}); restore a backup"
        raise OpeningError(msg)


def expect_ours(connection: Connection, sealer: Sealer) -> None:
    """Refuse a database that belongs to another master key."""
    sealed = installation.sealed_check(connection)
    try:
        ours = sealed is not None and sealer.open(installation.SEAL, "", sealed)
    except SealError:
        ours = False
    if ours != installation.CHECK:
        msg = "the master key is not this database's; restore the one that belongs to it"
        raise OpeningError(msg)


def _load_keys(database: Database, sealer: Sealer) -> Keyring:
    rows = database.read_now(signing_keys.every)
    if not rows:
        msg = "the database holds no signing key; restore a backup"
        raise OpeningError(msg)
    try:
        return Keyring(keys.load(rows, sealer), clock)
    except SealError as error:
        msg = f"the signing key {rows[0].kid}, or one before it, is damaged; restore a backup"
        raise OpeningError(msg) from error
