"""Ways in which an installation goes bad, and what each command must say of it.

Owns: one row a damage, used for what refuses to start and for what the doctor finds.
"""

import base64
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

DATABASE = "tokenhouse.db"
KEY = "master.key"


@dataclass(frozen=True)
class Damage:
    """What happens to a data directory; `says` is in the refusal, `found` in the doctor's."""

    name: str
    happen: Callable[[Path], object]
    says: str
    found: str

    def __str__(self) -> str:
        return self.name


def write_key(data: Path, text: str) -> None:
    """Replace the master key, keeping its mode."""
    (data / KEY).write_text(text)


def another_key() -> str:
    """A well-formed master key file of another installation."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n"


def sql(data: Path, statement: str) -> None:
    """Change the database behind the product's back."""
    with closing(sqlite3.connect(data / DATABASE)) as database, database:
        database.execute(statement)


def overwrite(data: Path, start: float, end: float) -> None:
    """Overwrite a part of the database file, given as fractions of its length."""
    file = data / DATABASE
    octets = bytearray(file.read_bytes())
    first, last = int(len(octets) * start), int(len(octets) * end)
    octets[first:last] = b"\xa5" * (last - first)
    file.write_bytes(octets)


def _truncate(data: Path) -> None:
    file = data / DATABASE
    os.truncate(file, file.stat().st_size // 2)


def _become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def _become_foreign(data: Path) -> None:
    (data / DATABASE).unlink()
    sql(data, "CREATE TABLE somebody_elses (a INTEGER)")


def _outgrow(data: Path) -> None:
    sql(data, "UPDATE alembic_version SET version_num = '9999'")
    sql(data, "UPDATE installation SET compatible_from = '9999'")


def _lose_all(data: Path) -> None:
    shutil.rmtree(data)


DAMAGES = (
    Damage(
        "nothing there",
        _lose_all,
        "no installation in {data}; run: tokenhouse serve --data-dir {data}",
        "there is no installation in {data}",
    ),
    Damage(
        "key readable by others",
        lambda data: (data / KEY).chmod(0o640),
        "the master key {data}/master.key can be read by others; run: chmod 600",
        "the master key {data}/master.key can be read by others",
    ),
    Damage(
        "key unreadable",
        lambda data: _become_folder(data / KEY),
        "the master key {data}/master.key cannot be read: Is a directory",
        "the master key {data}/master.key cannot be read: Is a directory",
    ),
    Damage(
        "key missing",
        lambda data: (data / KEY).unlink(),
        "the master key {data}/master.key is missing; restore it",
        "the master key {data}/master.key is missing",
    ),
    Damage(
        "key of another installation",
        lambda data: write_key(data, another_key()),
        "the master key is not this database's; restore the one that belongs to it",
        "the master key {data}/master.key is not this database's",
    ),
    Damage(
        "key empty",
        lambda data: write_key(data, ""),
        "the master key {data}/master.key holds no keys of 32 octets in base64url; restore it",
        "the master key {data}/master.key holds no keys of 32 octets in base64url",
    ),
    Damage(
        "key cut short",
        lambda data: write_key(data, another_key()[:20]),
        "the master key {data}/master.key holds no keys of 32 octets in base64url; restore it",
        "the master key {data}/master.key holds no keys of 32 octets in base64url",
    ),
    Damage(
        "database missing",
        lambda data: (data / DATABASE).unlink(),
        "the database {data}/tokenhouse.db is missing, though its master key "
        "{data}/master.key is here; restore the database",
        "the database {data}/tokenhouse.db is missing, though its master key is here",
    ),
    Damage(
        "database empty",
        lambda data: os.truncate(data / DATABASE, 0),
        "the database {data}/tokenhouse.db is empty; restore it",
        "the database {data}/tokenhouse.db is empty",
    ),
    Damage(
        "database truncated",
        _truncate,
        "the database {data}/tokenhouse.db is corrupt (",
        "the database ",
    ),
    Damage(
        "database overwritten at its start",
        lambda data: overwrite(data, 0, 0.01),
        "the database {data}/tokenhouse.db is corrupt (",
        "the database {data}/tokenhouse.db is not SQLite",
    ),
    Damage(
        "database overwritten in its middle",
        lambda data: overwrite(data, 0.3, 0.7),
        "the database {data}/tokenhouse.db is corrupt (",
        "the database is corrupt: ",
    ),
    Damage(
        "database a folder",
        lambda data: _become_folder(data / DATABASE),
        "the database {data}/tokenhouse.db ",
        "the database {data}/tokenhouse.db cannot be read: Is a directory",
    ),
    Damage(
        "database no SQLite file",
        lambda data: (data / DATABASE).write_text("not a database\n" * 1000),
        "the database {data}/tokenhouse.db is corrupt (",
        "the database {data}/tokenhouse.db is not SQLite",
    ),
    Damage(
        "database another program's",
        _become_foreign,
        "the database holds no Tokenhouse tables; is database_url right?",
        "the database holds no Tokenhouse tables",
    ),
    Damage(
        "signing key damaged",
        lambda data: sql(data, "UPDATE signing_keys SET sealed = substr(sealed, 1, 60)"),
        "the signing key ",
        "the signing key ",
    ),
    Damage(
        "database of a newer program",
        _outgrow,
        "the database is newer than this program; upgrade tokenhouse",
        "the database is newer than this program",
    ),
)
