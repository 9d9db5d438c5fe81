"""`tokenhouse serve`: run the service; on an empty folder, make it first."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from tokenhouse.cli.first_user import first_steps
from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import fail

if TYPE_CHECKING:
    from tokenhouse.settings import Settings


@at_place
def serve(
    place: Place,
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (8000).")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes (1).")] = None,
    first_user: Annotated[
        str | None,
        typer.Option(
            metavar="EMAIL",
            help="While there is no user: make this admin, and print a generated password once.",
        ),
    ] = None,
) -> None:
    """Run the service.

    In an empty folder it makes the installation first, and at a terminal it asks who is the first
    administrator.

    Example: tokenhouse serve --first-user you@example.com
    """
    from tokenhouse.manage.users import checked_email
    from tokenhouse.opening import open_context
    from tokenhouse.server import run

    settings = place.settings(host=host, port=port, workers=workers)
    with place.refusals():
        if first_user is not None:
            checked_email(first_user)
        try:
            ground = run.prepare(settings)
        except run.ServeError as error:
            fail(str(error))
        context = open_context(settings, create=True, tally=ground.tally())
        with ExitStack() as undo:
            undo.callback(context.close)
            text = first_steps(context, place, first_user)
            undo.pop_all()
    typer.echo(f"Tokenhouse listens on {_where(settings)}\n{text}")
    flags = {"host": host, "port": port, "workers": workers}
    run.serve(context, ground, lambda: place.read(**flags).settings)


def _where(settings: "Settings") -> str:
    at = f"{settings.host}:{settings.port}"
    return settings.issuer if settings.issuer.endswith(at) else f"{at} as {settings.issuer}"
