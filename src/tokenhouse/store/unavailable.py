"""What an outage is called, whatever the database and however its driver puts it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

if TYPE_CHECKING:
    from collections.abc import Generator


class Unavailable(Exception):
    """The database cannot answer just now: gone, locked, or full.

    What was asked was not done, unless the connection broke while it was being committed; a
    change that is asked for again is then found made.
    """


@contextmanager
def translated() -> Generator[None]:
    """Turn what the driver says of an outage into `Unavailable`."""
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError):
        raise
    except (DBAPIError, PoolTimeoutError) as error:
        raise Unavailable(str(getattr(error, "orig", error))) from error
