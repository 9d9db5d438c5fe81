"""Make an installation, killed before its first statement, its second, and so on to the last.

    python killed_upgrades.py FOLDER [DATABASE_URL]

Prints after each what is there ("nothing", or the state of the database), and at the end, when
it was let through. A program of its own, because it forks and the tests have threads.
"""

import itertools
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tokenhouse.opening import upgrade_database
from tokenhouse.settings import Settings
from tokenhouse.settings.loading import load
from tokenhouse.store import migrations
from tokenhouse.store.database import Database


def killed(settings: Settings, before: int) -> bool:
    """Make it in a child that dies before statement number `before`; whether it did."""
    child = os.fork()
    if child == 0:
        numbers = itertools.count(1)

        @event.listens_for(Engine, "before_cursor_execute")
        def _count(*_: Any) -> None:
            if next(numbers) == before:
                os.kill(os.getpid(), signal.SIGKILL)

        upgrade_database(settings)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"failed before statement {before}")
    return False


def there(settings: Settings) -> str:
    """What is there."""
    file = settings.data_dir / "tokenhouse.db"
    if settings.database_url.startswith("sqlite") and not file.exists():
        return "nothing"
    database = Database(settings.database_url)
    found = database.read_now(migrations.state)
    tables = database.read_now(migrations.tables)
    database.close()
    return "nothing" if found is migrations.State.NONE and not tables else found.name


def main(folder: str, url: str) -> None:
    """Kill it at every statement until it gets through."""
    settings = load({"data_dir": Path(folder), "database_url": url or None}, environ={}).settings
    before = 1
    while killed(settings, before):
        print(there(settings))  # noqa: T201 - because this is its answer
        before += 1
    print(there(settings))  # noqa: T201 - likewise, because this is its answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
