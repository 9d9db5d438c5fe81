"""`tokenhouse config`: what the settings are, where each comes from; a file to begin with."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from typing import TYPE_CHECKING, cast

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, fail, print_json, print_table

if TYPE_CHECKING:
    from tokenhouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Settings: show, check, an example file.")
_MASK = "********"


@app.command("show")
@at_place
def show(place: Place, *, json: Json = False) -> None:
    """Show every setting, its value and where it comes from.

    Secrets are masked.

    Example: tokenhouse config show --config tokenhouse.toml
    """
    settings, sources = place.loaded()
    values = {name: _shown(settings, name) for name in sources}
    if json:
        print_json({name: {"value": values[name], "source": sources[name]} for name in values})
    else:
        rows = [(name, _written(values[name]), sources[name]) for name in values]
        print_table([("SETTING", "VALUE", "SOURCE"), *rows])


def _written(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def _shown(settings: "Settings", name: str) -> object:
    from pydantic import SecretStr

    from tokenhouse.store.database import shown_url

    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return _MASK if value.get_secret_value() else ""
    if name == "database_url":
        return shown_url(value)
    return value if isinstance(value, str | int | float | None) else _plain(value)


def _plain(value: object) -> "list[str] | str":
    if isinstance(value, tuple):
        return list(map(str, cast("tuple[object, ...]", value)))
    return str(value)


@app.command("check")
@at_place
def check(place: Place) -> None:
    """Say whether `serve` could use the settings.

    It looks at the settings alone; `tokenhouse doctor` looks at the installation.

    Example: tokenhouse config check --config tokenhouse.toml
    """
    from tokenhouse.opening import OpeningError, path_of
    from tokenhouse.server.sockets import ServeError, expect_servable

    settings = place.settings()
    try:
        path_of(settings)
        expect_servable(settings)
    except (OpeningError, ServeError) as error:
        fail(str(error))
    typer.echo("The settings can be used.")


@app.command("example")
def example() -> None:
    """Print a settings file with every option in it, commented out.

    Example: tokenhouse config example > tokenhouse.toml
    """
    from tokenhouse.settings import example as file

    typer.echo(file.example(), nl=False)
