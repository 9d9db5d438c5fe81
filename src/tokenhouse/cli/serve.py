"""`tokenhouse serve`: run the service; on an empty folder, make it first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tokenhouse.cli.common import Config, DatabaseUrl, DataDir, fail, settings_of

if TYPE_CHECKING:
    from tokenhouse.context import Context
    from tokenhouse.settings import Settings


def serve(  # noqa: PLR0913 - because each is an option of the command
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    first_user: Annotated[
        str | None,
        typer.Option(
            metavar="EMAIL",
            help="While there is no user: make this admin, and print a generated password once.",
        ),
    ] = None,
) -> None:
    """Run the service.

    Example: tokenhouse serve --first-user you@example.com
    """
    from tokenhouse.manage.errors import Invalid  # noqa: PLC0415 - because --help must be quick
    from tokenhouse.opening import OpeningError, open_context  # noqa: PLC0415 - likewise, because --help must be quick
    from tokenhouse.server import run  # noqa: PLC0415 - likewise, because --help must be quick

    settings = settings_of(
        config,
        host=host,
        port=port,
        workers=workers,
        data_dir=data_dir,
        database_url=database_url,
    )
    try:
        listening = run.bind(settings)
        context = open_context(settings, create=True)
        text = _next_step(context, first_user)
        context.close()
    except (OpeningError, run.ServeError, Invalid) as error:
        fail(str(error))
    typer.echo(f"Tokenhouse listens on {settings.issuer}\n{text}")
    run.serve(settings, listening)


def _next_step(context: Context, first_user: str | None) -> str:
    """Make the first user when asked to, and say what to do next."""
    from tokenhouse.crypto.secrets import make_password  # noqa: PLC0415 - because --help must be quick
    from tokenhouse.manage import users  # noqa: PLC0415 - likewise, because --help must be quick
    from tokenhouse.store.users import every  # noqa: PLC0415 - likewise, because --help must be quick

    settings = context.settings
    if context.database.read_now(every):
        return f"Documentation: {settings.issuer}/docs\n"
    if first_user is None:
        where = f" --data-dir {settings.data_dir}" if _is_elsewhere(settings) else ""
        return f"There is no user yet. Add one:\n\n  tokenhouse user add EMAIL --admin{where}\n"
    password = make_password()
    hashed = users.hashed_password(context, password)
    context.database.write_now(lambda c: users.add(c, context, first_user, hashed, is_admin=True))
    return _WELCOME.format(email=first_user, password=password, issuer=settings.issuer)


def _is_elsewhere(settings: Settings) -> bool:
    return settings.data_dir != Path("tokenhouse-data").absolute()


_WELCOME = """
Your account (the password is shown only now):

  e-mail    {email}
  password  {password}

An access token, good for 15 minutes:

  curl -u '{email}:{password}' {issuer}/api/v1/auth/jwt/token/basic

App credentials (client_id and client_secret) for a program:

  curl -X POST -H "Authorization: Bearer ACCESS_TOKEN" {issuer}/api/v1/clients

A token for the program:

  curl -u 'CLIENT_ID:CLIENT_SECRET' -d grant_type=client_credentials {issuer}/api/v1/auth/jwt/token

Documentation: {issuer}/docs
"""
