"""What is wrong with an installation, and the fix: looking only, never mending.

What rests on something broken is not looked at: a wrong master key says nothing about the
signing keys under it.
"""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenhouse.crypto.sealing import MasterKeyError, Sealer, SealError, read_master_keys
from tokenhouse.store import installation, migrations, sealed, signing_keys, users
from tokenhouse.store.database import Database, Unavailable, sqlite_path
from tokenhouse.store.sqlite import is_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection

_LEAST_FREE = 256 * 2**20  # octets
_SOUND_SQLITE = (3, 51, 3)  # the first without the WAL-reset bug
_SKEW = 60  # seconds between the clocks of machines that share a database
_MAGIC = b"SQLite format 3\0"
_RESTORE = "restore a backup"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong and what to do about it, a line each."""

    problem: str
    fix: str


def finding(text: str, fix: str) -> Finding:
    """Make a finding of a refusal, which mostly ends in its own fix after a semicolon."""
    problem, _, own = text.rpartition("; ")
    return Finding(problem, own) if problem else Finding(own, fix)


def examine(settings: Settings, now: float) -> Iterator[Finding]:
    """Yield all that is wrong with an installation.

    Args:
        settings: where it is, and how it is meant to run.
        now: unix seconds.

    """
    yield from _issuer(settings)
    if not settings.data_dir.is_dir():
        yield Finding(f"there is no installation in {settings.data_dir}", "run: tokenhouse serve")
        return
    yield from _folder(settings.data_dir)
    sealer = None
    try:
        sealer = Sealer(read_master_keys(settings.keys_path))
    except MasterKeyError as error:
        yield finding(str(error), "restore it from its backup")
    unsound = list(examine_database(settings))
    yield from unsound
    if sealer is not None and not unsound:
        database = Database(settings.database_url, pooler=settings.database_pooler)
        try:
            yield from database.read_now(
                lambda c: [*_keys(c, sealer, settings), *_people(c), *_clock(c, now)]
            )
        finally:
            database.close()


def _issuer(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.issuer)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        yield Finding(
            f"the issuer {settings.issuer} is plain http: passwords and tokens travel in clear",
            "serve TLS, by tls_cert and tls_key or by a proxy, and set issuer to the https URL",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 section 6.3


def _folder(folder: Path) -> Iterator[Finding]:
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            f"the data folder {folder} can be entered by others", f"run: chmod 700 {folder}"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            f"the data folder {folder} cannot be written by this user",
            "give it to the user that runs the service: chown",
        )
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE:
        yield Finding(
            f"the disk of {folder} is nearly full: {free // 2**20} MiB are free", "make room on it"
        )


def examine_database(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the database as such; all of it is read."""
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
            yield from database.read_now(lambda c: list(_sqlite(c)))
        yield from database.read_now(lambda c: list(_revision(c)))
    except Unavailable as error:
        how = "is corrupt" if "malformed" in str(error) else "cannot be read"
        yield Finding(f"the database {how}: {error}", _RESTORE)
    finally:
        database.close()


def _file(path: Path, settings: Settings) -> Finding | None:
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        if settings.keys_path.exists():
            return Finding(
                f"the database {path} is missing, though its master key is here", _RESTORE
            )
        return Finding(f"there is no installation in {path.parent}", "run: tokenhouse serve")
    except OSError as error:
        return Finding(
            f"the database {path} cannot be read: {error.strerror}", "let this user read it"
        )
    if head != _MAGIC:
        return Finding(f"the database {path} is {'not SQLite' if head else 'empty'}", _RESTORE)
    return None


def _sqlite(connection: Connection) -> Iterator[Finding]:
    version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    if tuple(map(int, version.split("."))) < _SOUND_SQLITE:
        yield Finding(
            f"SQLite {version} can corrupt a database in WAL mode (fixed in 3.51.3)",
            "install pysqlite3, which carries a current one",
        )
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if found != "ok":
        yield Finding(f"the database is corrupt: {' '.join(found.split())}", _RESTORE)


def _revision(connection: Connection) -> Iterator[Finding]:
    found = migrations.state(connection)
    if not found.usable:
        yield finding(found.value, _RESTORE)


def _keys(connection: Connection, sealer: Sealer, settings: Settings) -> Iterator[Finding]:
    check = installation.sealed_check(connection)
    if check is None or not _opens(sealer, installation.SEAL, "", check):
        yield Finding(
            f"the master key {settings.keys_path} is not this database's",
            "restore the one that belongs to it",
        )
        return
    keys = signing_keys.every(connection)
    for key in keys:
        if not _opens(sealer, signing_keys.SEAL, key.kid, key.sealed):
            yield Finding(f"the signing key {key.kid} is damaged", _RESTORE)
    if old := sealed.count_not_under(connection, sealer.head):
        yield Finding(
            f"{old} values are sealed under another master key than the first of its file",
            "run: tokenhouse key rewrap",
        )
    if settings.signing_alg not in {key.alg for key in keys}:
        yield Finding(
            f"there is no signing key for signing_alg {settings.signing_alg}",
            "restart the service, which makes one",
        )


def _opens(sealer: Sealer, purpose: str, identity: str, value: bytes) -> bool:
    try:
        sealer.open(purpose, identity, value)
    except SealError:
        return False
    return True


def _people(connection: Connection) -> Iterator[Finding]:
    people = users.every(connection)
    if not people:
        yield Finding("there is no user", "run: tokenhouse user add EMAIL --admin")
    elif not any(user.is_superuser and user.is_active for user in people):
        yield Finding("no active user is an admin", "run: tokenhouse user add EMAIL --admin")


def _clock(connection: Connection, now: float) -> Iterator[Finding]:
    made = [key.created_at for key in signing_keys.every(connection)]
    made += [user.created_at for user in users.every(connection)]
    ahead = max(made, default=now) - now
    if ahead > _SKEW:
        yield Finding(
            f"the clock is behind: something here was made {ahead:.0f} seconds from now",
            "set the clock of this machine right (NTP)",
        )
