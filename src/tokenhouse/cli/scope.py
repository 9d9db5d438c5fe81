"""`tokenhouse scope`: the scopes that the operator defines; without any, scopes are off."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from typing import Annotated

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, print_json, print_table
from tokenhouse.manage import shown
from tokenhouse.manage.shown import rfc3339

app = typer.Typer(
    no_args_is_help=True,
    help="Scopes of access tokens (RFC 6749 section 3.3).",
    epilog="Example: tokenhouse scope add tiles:read",
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="One scope-token.")]


@app.command()
@at_place
def add(
    place: Place,
    name: Name,
    *,
    description: Annotated[str, typer.Option(help="What it lets a program do.")] = "",
) -> None:
    """Define a scope.

    With the first one scopes are on: tokens carry what their credential is allowed.

    Example: tokenhouse scope add tiles:read --description "Read map tiles"
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import scopes

    with place.open() as context:
        context.database.write_now(lambda c: scopes.add(c, context, OPERATOR, name, description))
    typer.echo(f"Defined {name}")


@app.command("list")
@at_place
def list_(place: Place, *, json: Json = False) -> None:
    """List the scopes by name.

    Example: tokenhouse scope list --json
    """
    from tokenhouse.store.scopes import every

    with place.open() as context:
        found = context.database.read_now(every)
    if json:
        print_json([shown.scope(one) for one in found])
    else:
        print_table((one.name, rfc3339(one.created_at), one.description) for one in found)


@app.command()
@at_place
def delete(place: Place, name: Name) -> None:
    """Delete a scope; it is granted no more.

    Tokens that carry it end by themselves. With the last one gone scopes are off.

    Example: tokenhouse scope delete tiles:read
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import scopes

    with place.open() as context:
        context.database.write_now(lambda c: scopes.delete(c, context, OPERATOR, name))
    typer.echo(f"Deleted {name}")
