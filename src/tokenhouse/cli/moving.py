"""`tokenhouse db backup`, `restore` and `copy`: moving an installation."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import print_table

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.", dir_okay=False)]


@at_place
def backup(place: Place, file: File) -> None:
    """Write a backup of a SQLite database, while the service runs.

    The master key is not in it: keep a copy of that elsewhere.

    Example: tokenhouse db backup tokenhouse-2026-11-24.db
    """
    from tokenhouse.crypto.master_keys import master_keys
    from tokenhouse.opening.moving import backup as write

    settings = place.settings()
    with place.refusals(), _progress() as tell:
        write(settings, file, lambda left, of: tell("pages", of - left, of))
    size = file.stat().st_size
    typer.echo(
        f"Wrote {file}, {size:,} octets. The master key {master_keys(settings)} is not in it."
    )


@at_place
def restore(place: Place, file: File) -> None:
    """Make an installation of a backup, where there is none.

    The master key that belongs to it must be in place already.

    Example: tokenhouse db restore tokenhouse-2026-11-24.db --data-dir new
    """
    from tokenhouse.opening.moving import restore as make

    settings = place.settings()
    with place.refusals(), _progress() as tell:
        make(settings, file, lambda left, of: tell("pages", of - left, of))
    typer.echo(f"Restored {file}. Next, run: tokenhouse serve{place}")


@at_place
def copy(
    place: Place,
    to: Annotated[str, typer.Option(metavar="URL", help="The other database, an empty one.")],
) -> None:
    """Copy all to another database, such as from SQLite to PostgreSQL.

    Stop the service first: what changes after the copy is not in it. Sealed secrets stay
    sealed under the same master key.

    Example: tokenhouse db copy --to postgresql://tokenhouse@localhost:5432/tokenhouse
    """
    from tokenhouse.opening.moving import copy as copy_all

    with place.refusals(), _progress() as tell:
        copied = copy_all(place.settings(), to, tell)
    print_table(
        [
            ("table", "rows", "checksum"),
            *((one.name, one.sum.count, f"{one.sum.checksum:016x}") for one in copied),
        ]
    )
    typer.echo(
        "The same on both sides. From now on, start the service with the other database_url."
    )


@contextmanager
def _progress() -> Generator[Callable[[str, int, int], None]]:
    """Show progress on a terminal; anywhere else say nothing."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def tell(what: str, done: int, of: int) -> None:
            bar.update(task, description=what, completed=done, total=of)

        yield tell
