"""What is wrong with an installation, and the fix: looking only, never mending.

What rests on something broken is not looked at: a wrong master key says nothing about the
signing keys under it. Whatever could take long is bounded, so that a page can show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.crypto.master_keys import master_keys
from tokenhouse.crypto.sealing import MasterKeyError, Sealer
from tokenhouse.manage.doctor import contents, machine
from tokenhouse.manage.doctor.database import examine_database, unreachable
from tokenhouse.manage.doctor.finding import Finding, Unseen, finding
from tokenhouse.store.database import Database, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokenhouse.settings import Settings

__all__ = ["Finding", "Unseen", "examine", "examine_database", "finding"]


def examine(settings: Settings, clock: Callable[[], float], seconds: float) -> Iterator[Finding]:
    """Yield all that is wrong with an installation.

    Args:
        settings: where it is, and how it is meant to run.
        clock: tells unix seconds.
        seconds: that each slow look may take: reading all of the database, asking others.

    """
    yield from machine.examine(settings, clock(), seconds)
    if not settings.data_dir.is_dir():
        yield Finding(f"there is no installation in {settings.data_dir}", "run: tokenhouse serve")
        return
    yield from machine.folder(settings.data_dir)
    sealer = None
    try:
        sealer = Sealer(master_keys(settings).read())
    except MasterKeyError as error:
        yield finding(str(error), "restore it from its backup")
    unsound = False
    for one in examine_database(settings, seconds):
        unsound = unsound or not isinstance(one, Unseen)
        yield one
    if sealer is not None and not unsound:
        yield from _contents(settings, sealer, clock)


def _contents(settings: Settings, sealer: Sealer, clock: Callable[[], float]) -> Iterator[Finding]:
    database = Database(settings.database_url, pooler=settings.database_pooler)
    try:
        found = database.read_now(
            lambda connection: list(contents.examine(connection, sealer, settings, clock))
        )
    except Unavailable as error:
        found = [unreachable(settings, error)]
    finally:
        database.close()
    yield from found
