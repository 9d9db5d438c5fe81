"""The migrations of the database, by Alembic; `HEAD` is the newest.

A start on a current database reads one row and does not import Alembic.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0001"
KNOWN = frozenset({"0001"})


def revision(connection: Connection) -> str | None:
    """Return the revision of the database, None where it is no Tokenhouse database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Bring the database to `HEAD`, within the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - because most starts don't need it
    from alembic.config import Config  # noqa: PLC0415 - likewise, because most starts don't

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
