"""`tokenhouse serve`: run the service; on an empty folder, make it first."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import fail

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection


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

    In an empty folder it makes the installation first.

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
        text = _next_step(context, place, first_user)
    typer.echo(f"Tokenhouse listens on {_where(settings)}\n{text}")
    flags = {"host": host, "port": port, "workers": workers}
    run.serve(context, ground, lambda: place.read(**flags).settings)


def _where(settings: "Settings") -> str:
    at = f"{settings.host}:{settings.port}"
    return settings.issuer if settings.issuer.endswith(at) else f"{at} as {settings.issuer}"


def _next_step(context: "Context", place: Place, first_user: str | None) -> str:
    """Make the first user when asked to, and say what to do next."""
    from tokenhouse.store.users import is_any

    if context.database.read_now(is_any):
        return _pages(context.settings)
    if first_user is None:
        return f"There is no user yet. Add one:\n\n  tokenhouse user add EMAIL --admin{place}\n"
    return _add_first(context, first_user)


def _add_first(context: "Context", email: str) -> str:
    from tokenhouse.actor import OPERATOR
    from tokenhouse.crypto.secrets import make_password
    from tokenhouse.manage import users
    from tokenhouse.store.users import is_any

    password = make_password()
    hashed = users.hashed_password(context, password)

    def add(connection: "Connection") -> bool:
        if is_any(connection):  # another `serve` on this folder was quicker
            return False
        users.add(connection, context, OPERATOR, users.NewUser(email, hashed, is_admin=True))
        return True

    issuer = context.settings.issuer
    if not context.database.write_now(add):
        return _pages(context.settings)
    welcome = _WELCOME.format(
        email=email, password=password, login=quote(f"{email}:{password}"), issuer=issuer
    )
    return welcome + _pages(context.settings)


def _pages(settings: "Settings") -> str:
    console = f"Web pages for people: {settings.issuer}/console/\n" if settings.console else ""
    return f"{console}Documentation: {settings.issuer}/docs\n"


_WELCOME = """
Your account (the password is shown only now):

  e-mail    {email}
  password  {password}

An access token, good for 15 minutes:

  curl -u {login} {issuer}/api/v1/auth/jwt/token/basic

App credentials (client_id and client_secret) for a program:

  curl -X POST -H "Authorization: Bearer ACCESS_TOKEN" {issuer}/api/v1/clients

A token for the program:

  curl -u 'CLIENT_ID:CLIENT_SECRET' -d grant_type=client_credentials {issuer}/api/v1/auth/jwt/token

"""
