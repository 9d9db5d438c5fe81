"""`tokenhouse db`: the database as a whole."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

import typer

from tokenhouse.cli import moving
from tokenhouse.cli.doctor import report
from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json

app = typer.Typer(
    no_args_is_help=True, help="The database as a whole.", epilog="Example: tokenhouse db check"
)


@app.command()
@at_place
def upgrade(place: Place) -> None:
    """Bring the database to what this program needs.

    It is made where there is none. With SQLite a start of the service does the same.

    Example: tokenhouse db upgrade
    """
    from tokenhouse.opening import upgrade_database

    with place.refusals():
        typer.echo(upgrade_database(place.settings()))


@app.command()
@at_place
def check(place: Place, *, json: Json = False) -> None:
    """Say whether the database is sound.

    All of it is read; nothing is changed.

    Example: tokenhouse db check
    """
    from tokenhouse.manage.doctor import examine_database

    report(examine_database(place.settings()), place, json=json)


app.command()(moving.backup)
app.command()(moving.restore)
app.command()(moving.copy)
