"""What all commands share: where the installation is, one way to fail, reading passwords."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tokenhouse.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from collections.abc import Generator

    from tokenhouse.context import Context

DataDir = Annotated[Path | None, typer.Option(help="Folder of the database and the master key.")]
DatabaseUrl = Annotated[str | None, typer.Option(help="sqlite:///PATH or postgresql://…")]
Config = Annotated[Path | None, typer.Option(help="Settings file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def fail(message: str) -> NoReturn:
    """End with exit code 1 and one line on standard error."""
    typer.echo(f"tokenhouse: {' '.join(message.split())}", err=True)
    raise typer.Exit(1)


def settings_of(config: Path | None, **flags: Any) -> Settings:  # noqa: ANN401 - because flags differ in type
    """Read the settings, or fail."""
    try:
        return load(flags, config)
    except SettingsError as error:
        fail(str(error))


@contextmanager
def installation(
    data_dir: Path | None, database_url: str | None, config: Path | None
) -> Generator[Context]:
    """Open the installation for one command; every refusal becomes one line."""
    from tokenhouse.manage.errors import Conflict, Forbidden, Invalid, NotFound  # noqa: PLC0415 - because --help must be quick
    from tokenhouse.opening import OpeningError, open_context  # noqa: PLC0415 - because --help must be quick
    from tokenhouse.store.database import Unavailable  # noqa: PLC0415 - because --help must be quick

    settings = settings_of(config, data_dir=data_dir, database_url=database_url)
    try:
        context = open_context(settings)
    except OpeningError as error:
        fail(str(error))
    try:
        yield context
    except NotFound:
        fail("there is no such thing; list shows what there is")
    except (Conflict, Forbidden, Invalid) as error:
        fail(str(error))
    except Unavailable as error:
        fail(f"the database cannot answer: {error}; nothing was changed, try again")
    finally:
        context.close()


def read_password(*, from_stdin: bool) -> str:
    """Read a password: all of standard input less one final line end, or a prompt.

    It never comes from an argument: other users of the machine can read those.
    """
    if not from_stdin:
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    octets = sys.stdin.buffer.read()
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        fail("the password is not UTF-8")
    text = text.removesuffix("\n").removesuffix("\r")
    if "\0" in text:
        fail("the password holds a NUL")
    return text


def print_json(value: object) -> None:
    """Print `value` as JSON."""
    typer.echo(json.dumps(value, indent=2))
