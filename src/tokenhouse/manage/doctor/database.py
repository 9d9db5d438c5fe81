"""The doctor looks at the database as such: is it there, is it ours, is it whole?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.crypto.master_keys import master_keys
from tokenhouse.manage.doctor.finding import RESTORE, Finding, Unseen, finding
from tokenhouse.store import migrations
from tokenhouse.store.database import Database, Unavailable, shown_url, sqlite_path
from tokenhouse.store.sqlite import is_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection

_SOUND_SQLITE = (3, 51, 3)  # the first without the WAL-reset bug
_MAGIC = b"SQLite format 3\0"


def examine_database(settings: Settings, seconds: float | None = None) -> Iterator[Finding]:
    """Yield what is wrong with the database as such.

    Args:
        settings: where it is.
        seconds: that reading all of it may take; None = as long as it takes.

    """
    try:
        path = sqlite_path(settings.database_url)
    except ValueError as error:
        yield Finding(f"database_url cannot be used: {settings.database_url}", str(error))
        return
    wrong = _file(path, settings) if path is not None else None
    if wrong is not None:
        yield wrong
        return
    if path is not None and is_foreign(path):  # left exactly as it is
        what, _, cure = migrations.State.NONE.value.partition("; ")
        yield Finding(what, cure)
        return
    database = Database(settings.database_url, pooler=settings.database_pooler)
    try:
        if database.is_sqlite:
            yield from _sqlite(database, seconds)
        yield from database.read_now(lambda c: list(_revision(c)))
    except Unavailable as error:
        yield unreachable(settings, error)
    finally:
        database.close()


def _file(path: Path, settings: Settings) -> Finding | None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        if master_keys(settings).exists():
            return Finding(
                f"the database {path} is missing, though its master key is here", RESTORE
            )
        return Finding(f"there is no installation in {path.parent}", "run: tokenhouse serve")
    except OSError as error:
        return Finding(
            f"the database {path} cannot be read: {error.strerror}", "let this user read it"
        )
    if head != _MAGIC:
        return Finding(f"the database {path} is {'not SQLite' if head else 'empty'}", RESTORE)
    return None


def unreachable(settings: Settings, error: Unavailable) -> Finding:
    """Say that the database does not answer, and what to do."""
    if settings.database_url.startswith("sqlite"):
        if "locked" in str(error):
            return Finding("another process keeps the database locked", "find it and let it end")
        how = "is corrupt" if "malformed" in str(error) else "cannot be read"
        return Finding(f"the database {how}: {error}", RESTORE)
    reason = " ".join(str(error).split())
    url = shown_url(settings.database_url)
    return Finding(
        f"the database {url} cannot be reached: {reason}",
        "start its server, let this machine in, or set database_url right",
    )


def _sqlite(database: Database, seconds: float | None) -> Iterator[Finding]:
    version = database.read_now(lambda c: c.exec_driver_sql("SELECT sqlite_version()").scalar_one())
    if tuple(map(int, version.split("."))) < _SOUND_SQLITE:
        yield Finding(
            f"SQLite {version} can corrupt a database in WAL mode (fixed in 3.51.3)",
            "install pysqlite3, which carries a current one",
        )
    found = database.integrity(seconds)
    if found is None:
        yield Unseen(
            f"{seconds:.0f} seconds were not enough to read all of the database",
            "run: tokenhouse db check",
        )
    elif found != "ok":
        yield Finding(f"the database is corrupt: {' '.join(found.split())}", RESTORE)


def _revision(connection: Connection) -> Iterator[Finding]:
    found = migrations.state(connection)
    if not found.usable:
        yield finding(found.value, RESTORE)
