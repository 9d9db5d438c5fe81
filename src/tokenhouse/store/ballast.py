"""The ballast of a SQLite database: room on its disk that is freed when the disk is full.

A revocation must not have to wait until somebody has tidied up. What is freed is enough for some
hundred of them, and is taken again when there is room.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OCTETS = 2 * 2**20
_LEAST_FREE = 8 * OCTETS  # below which no room is taken: the next write needs it more
_FULL = "disk is full"  # SQLite's words for SQLITE_FULL


def of(database: Path) -> Path:
    """Return the file beside a database."""
    return database.with_name(database.name + "-ballast")


def take(database: Path) -> None:
    """Take the room, unless it is taken or there is too little."""
    file = of(database)
    if file.exists() or shutil.disk_usage(database.parent).free < _LEAST_FREE:
        return
    part = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):  # the disk was filled just now
        part.write_bytes(os.urandom(OCTETS))  # noqa: TID251 - because zeros may take no room
        part.rename(file)
    part.unlink(missing_ok=True)


def free(database: Path, reason: str) -> bool:
    """Free the room where `reason`, in the driver's words, is a full disk; tell whether it did."""
    if _FULL not in reason:
        return False
    try:
        of(database).unlink()
    except OSError:  # another was quicker
        return False
    return True
