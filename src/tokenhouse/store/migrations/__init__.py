"""The migrations of the database, by Alembic, and whether a database fits this program.

Revisions are numbers in order. An upgrade expands first: programs of the revision named in
`installation.compatible_from` and later go on working beside the new schema, so that two
versions may serve one database. What no living version uses is dropped by a later revision,
which raises `COMPATIBLE_FROM` (docs/decisions/0022). A start on a current database reads two
rows and does not import Alembic.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from tokenhouse.store import installation

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0005"
_VERSIONS = "alembic_version"
COMPATIBLE_FROM = "0001"  # the oldest HEAD whose program works on a database at this HEAD


class State(enum.Enum):
    """How a database stands to this program; the value says what is wrong and what to do."""

    CURRENT = "the database is what this program needs"
    LATER = "the database is newer than this program, and says that this program may use it"
    OLD = "the database is older than this program; run: tokenhouse db upgrade"
    NEW = "the database is newer than this program; upgrade tokenhouse"
    NONE = "the database holds no Tokenhouse tables; is database_url right?"

    @property
    def usable(self) -> bool:
        """Whether this program may serve it as it is."""
        return self in {State.CURRENT, State.LATER}


def revision(connection: Connection) -> str | None:
    """Return the revision of the database, None where it is no Tokenhouse database."""
    if not inspect(connection).has_table(_VERSIONS):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def state(connection: Connection) -> State:
    """Tell how the database stands to this program."""
    found = revision(connection)
    if found is None:
        return State.NONE
    if found == HEAD:
        return State.CURRENT
    if found < HEAD:
        return State.OLD
    return State.LATER if installation.compatible_from(connection) <= HEAD else State.NEW


def tables(connection: Connection) -> set[str]:
    """Return the names of the tables that the database holds, but for Alembic's own."""
    return set(inspect(connection).get_table_names()) - {_VERSIONS}


def upgrade(connection: Connection) -> None:
    """Bring the database to `HEAD`, all of it or nothing, in a transaction of `alone_now`."""
    from alembic import command  # noqa: PLC0415 - because most starts don't need it
    from alembic.config import Config  # noqa: PLC0415 - likewise, because most starts don't

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    installation.set_compatible_from(connection, COMPATIBLE_FROM)
