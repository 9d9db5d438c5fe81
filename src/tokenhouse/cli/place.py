"""Where the installation is: the three options of every command, and opening what is there.

A command is a function that takes a `Place` first; `at_place` makes it one that Typer sees
with the options of `Place` after its own.
"""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

import inspect
import re
import shlex
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec

import typer

from tokenhouse.cli.terminal import fail

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.settings import Settings
    from tokenhouse.settings.loading import Loaded

P = ParamSpec("P")
_COMMAND = re.compile(r"run: tokenhouse [^;]*$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the installation is, as the command line says it."""

    data_dir: Annotated[
        Path | None, typer.Option(help="Folder of database and master key (./tokenhouse-data).")
    ] = None
    database_url: Annotated[
        str | None, typer.Option(help="sqlite:///PATH or postgresql://user@host:5432/db")
    ] = None
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None

    def read(self, **flags: object) -> "Loaded":
        """Read the settings.

        Args:
            flags: options of one command alone; None means not given.

        Raises:
            SettingsError: they cannot be used.

        """
        from tokenhouse.settings.loading import load

        where = {"data_dir": self.data_dir, "database_url": self.database_url}
        return load({**where, **flags}, self.config)

    def loaded(self, **flags: object) -> "Loaded":
        """Read the settings and where each comes from, or fail."""
        from tokenhouse.settings import SettingsError

        try:
            return self.read(**flags)
        except SettingsError as error:
            fail(str(error))

    def settings(self, **flags: object) -> "Settings":
        """Read the settings, or fail."""
        return self.loaded(**flags).settings

    @contextmanager
    def open(self) -> "Generator[Context]":
        """Open the installation for one command; every refusal is one line."""
        from tokenhouse.opening import open_context

        with self.refusals():
            context = open_context(self.settings())
            try:
                yield context
            finally:
                context.close()

    @contextmanager
    def refusals(self) -> "Generator[None]":
        """Make one line of every refusal within."""
        from tokenhouse.manage.errors import Conflict, Forbidden, Invalid, NotFound
        from tokenhouse.opening import OpeningError
        from tokenhouse.store.database import Unavailable

        try:
            yield
        except (OpeningError, Conflict, Forbidden, Invalid, NotFound) as error:
            fail(self.complete(str(error)))
        except Unavailable as error:
            fail(f"the database cannot answer: {error}; nothing was changed, try again")

    def complete(self, advice: str) -> str:
        """Add these options to advice that ends in a command of ours."""
        return advice + str(self) if _COMMAND.search(advice) else advice

    def __str__(self) -> str:
        """Return the same options again, with a space before each, for a command to suggest."""
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return "".join(
            f" --{name.replace('_', '-')} {shlex.quote(str(value))}"
            for name, value in given
            if value is not None
        )


def at_place(command: Callable[Concatenate[Place, P], None]) -> Callable[..., None]:
    """Give a command the options of `Place`, and hand them over as the `Place` it takes first."""
    _, *own = inspect.signature(command).parameters.values()
    where = inspect.signature(Place).parameters.values()

    def run(**given: Any) -> None:  # noqa: ANN401 - because options differ in type
        place = Place(*(given.pop(option.name) for option in where))
        command(place, **given)  # type: ignore[call-arg]  # - because Typer has checked them

    options = [option.replace(kind=option.KEYWORD_ONLY) for option in (*own, *where)]
    run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # - because PEP 362 lets any function have one
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run
