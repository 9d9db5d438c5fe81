"""`tokenhouse db`: the database as a whole."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

import typer

from tokenhouse.cli.doctor import report
from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json

app = typer.Typer(
    no_args_is_help=True, help="The database as a whole.", epilog="Example: tokenhouse db check"
)


@app.command()
@at_place
def upgrade(place: Place) -> None:
    """Bring the database to the newest revision.

    A start of the service does it too.

    Example: tokenhouse db upgrade
    """
    from tokenhouse.store import migrations

    with place.open() as context:
        revision = context.database.read_now(migrations.revision)
    typer.echo(f"The database is at revision {revision}, the newest.")


@app.command()
@at_place
def check(place: Place, *, json: Json = False) -> None:
    """Say whether the database is sound.

    All of it is read; nothing is changed.

    Example: tokenhouse db check
    """
    from tokenhouse.manage.doctor import examine_database

    report(examine_database(place.settings()), place, json=json)
