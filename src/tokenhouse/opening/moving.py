"""Moving an installation: into a backup file, out of one, and to another database.

The master key never moves with it: it is kept elsewhere, and what is moved opens nothing
without it. What a backup holds is the state at one moment; what was used, revoked or deleted
by then stays so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenhouse.crypto.master_keys import master_keys
from tokenhouse.crypto.sealing import MasterKeyError, Sealer
from tokenhouse.opening import expect_files, expect_ours, expect_sound, path_of
from tokenhouse.opening.errors import OpeningError
from tokenhouse.store import copying, migrations, sqlite
from tokenhouse.store.database import Database, Unavailable, shown_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tokenhouse.settings import Settings
    from tokenhouse.store.copying import Sum, Tell
    from tokenhouse.store.database import Connection

    Pages = Callable[[int, int], None]
    """Told how many pages are left, and of how many."""


@dataclass(frozen=True, slots=True)
class Copied:
    """One table that was copied and found the same on both sides."""

    name: str
    sum: Sum


def backup(settings: Settings, file: Path, tell: Pages) -> None:
    """Write a backup of a SQLite installation, beside a running server.

    Raises:
        OpeningError: there is no such installation, or the file cannot be written.

    """
    path = path_of(settings)
    if path is None:
        url = shown_url(settings.database_url)
        msg = f"PostgreSQL has a tool of its own for it; run: pg_dump -Fc -f {file} {url}"
        raise OpeningError(msg)
    expect_files(settings, path)
    if file.exists():
        msg = f"{file} exists already; name another file"
        raise OpeningError(msg)
    part = file.with_name(file.name + ".part")
    try:
        sqlite.back_up(path, part, tell)
        part.rename(file)
        with suppress(OSError):  # a user who may only read may make backups, too
            (settings.data_dir / sqlite.BACKUP_MARK).touch(mode=0o600)
    except (OSError, Unavailable) as error:
        part.unlink(missing_ok=True)
        msg = f"cannot write the backup {file}: {error}"
        raise OpeningError(msg) from None
    with suppress(OSError):  # the backup is whole without it
        last_backup(settings).touch(0o600)


def last_backup(settings: Settings) -> Path:
    """Return the file whose age is that of the last backup: the metrics tell it."""
    return settings.data_dir / "last-backup"


def restore(settings: Settings, file: Path, tell: Pages) -> None:
    """Make a SQLite installation of a backup, in a place where there is none.

    Raises:
        OpeningError: there is one, the file is no backup, or the master key is not its.

    """
    path = path_of(settings)
    if path is None:
        url = shown_url(settings.database_url)
        msg = f"PostgreSQL has a tool of its own for it; run: pg_restore -d {url} {file}"
        raise OpeningError(msg)
    for there in (path, path.with_name(path.name + "-wal")):  # which would be played over it
        if there.exists():
            msg = f"there is {there} already; move it away, or name another --data-dir"
            raise OpeningError(msg)
    if not file.is_file() or file.stat().st_size == 0:
        msg = f"there is no backup {file}"
        raise OpeningError(msg)
    part = path.with_name(path.name + ".restoring")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sqlite.back_up(file, part, tell)
        _expect_installation(settings, part)
        part.rename(path)
    except (OSError, Unavailable) as error:
        msg = f"cannot restore {file} to {path}: {error}"
        raise OpeningError(msg) from None
    except MasterKeyError as error:
        msg = f"{error}; a backup does not hold it"
        raise OpeningError(msg) from None
    finally:
        part.unlink(missing_ok=True)


def _expect_installation(settings: Settings, part: Path) -> None:
    """Refuse what is no installation, or not of this master key."""
    database = Database(f"sqlite:///{part}")
    try:
        expect_sound(database)
        found = database.read_now(migrations.state)
        if not (found.usable or found is migrations.State.OLD):
            raise OpeningError(found.value)
        sealer = Sealer(master_keys(settings).read())
        database.read_now(lambda connection: expect_ours(connection, sealer))
    finally:
        database.close()
        sqlite.fold(part)


def copy(settings: Settings, url: str, tell: Tell) -> list[Copied]:
    """Copy an installation to another, empty database, and prove that it is all there.

    Nothing changes in the source meanwhile: on SQLite the copy holds its write lock.

    Args:
        settings: the installation.
        url: the other database.
        tell: told of progress; the work is twice reading and once writing all rows.

    Raises:
        OpeningError: the source is not current, or the target is not empty or is not the same
            after all; then the target is left as it was.

    """
    path = path_of(settings)
    if path is not None:
        expect_files(settings, path)
    try:
        path_of(settings.model_copy(update={"database_url": url}))
        sealer = Sealer(master_keys(settings).read())
        source, target = Database(settings.database_url), Database(url)

        def from_source(out: Connection) -> list[Copied]:
            found = migrations.state(out)
            if found is not migrations.State.CURRENT:
                raise OpeningError(found.value)
            expect_ours(out, sealer)
            return target.alone_now(lambda into: _copy_all(out, into, tell))

        copied = source.write_now(from_source)
    except MasterKeyError as error:
        raise OpeningError(str(error)) from None
    except Unavailable as error:
        msg = f"the copy was not finished: {error}; the other database is as it was"
        raise OpeningError(msg) from None
    source.close()
    target.close()
    return copied


def _copy_all(source: Connection, target: Connection, tell: Tell) -> list[Copied]:
    if migrations.tables(target):
        msg = "the other database is not empty; give it one of its own"
        raise OpeningError(msg)
    if unknown := migrations.tables(source) - {table.name for table in copying.TABLES}:
        msg = f"this program does not know the tables {', '.join(sorted(unknown))}; upgrade it"
        raise OpeningError(msg)
    migrations.upgrade(target)
    copied: list[Copied] = []
    for table in copying.TABLES:
        copying.copy(source, target, table, tell)
    for table in copying.TABLES:
        one, other = (copying.add_up(side, table, tell) for side in (source, target))
        if one != other:
            msg = f"table {table.name} is not the same after all ({one}, {other}); report this"
            raise OpeningError(msg)
        copied.append(Copied(table.name, one))
    return copied
