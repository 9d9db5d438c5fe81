"""`th`, the command line of the service's customers (Typer), one file per noun.

A secret or a password never comes from an argument: other users of the machine can read those.
"""

from typing import Annotated

import httpx
import typer

from tokenhouse_sdk.cli import credentials, login, tokens
from tokenhouse_sdk.cli.terminal import fail
from tokenhouse_sdk.errors import TokenhouseError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Start here: th login https://auth.example",
)
app.command("login")(login.login)
app.command("logout")(login.logout)
app.add_typer(credentials.app, name="credentials")
app.command("token")(tokens.token)
app.command("whoami")(tokens.whoami)
app.command("check")(tokens.check)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - because Typer calls it so
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - because it takes as long as Typer

        typer.echo(f"th {version('tokenhouse-sdk')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """App credentials and access tokens of a Tokenhouse service."""


def run() -> None:
    """Run the command; every refusal is one line and exit code 1."""
    try:
        app(prog_name="th")
    except TokenhouseError as error:
        fail(str(error))
    except httpx.TransportError as error:
        fail(f"the service cannot be reached: {type(error).__name__}")
    except OSError as error:
        fail(f"{error.strerror or type(error).__name__}: {error.filename or ''}")
