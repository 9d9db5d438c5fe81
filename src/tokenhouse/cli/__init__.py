"""The command line (Typer), one file per noun; the rules are `manage`'s.

Heavy rooms are imported inside commands, so that `--help` answers at once.
"""

import sys
from typing import Annotated

import typer

from tokenhouse.cli.audit import app as audit
from tokenhouse.cli.config import app as config
from tokenhouse.cli.credential_proof import app as credential
from tokenhouse.cli.database import app as database
from tokenhouse.cli.doctor import doctor
from tokenhouse.cli.key import app as key
from tokenhouse.cli.scope import app as scope
from tokenhouse.cli.serve import serve
from tokenhouse.cli.user import app as user
from tokenhouse.cli.webhook import app as webhook

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Start here: tokenhouse serve --first-user you@example.com",
)
app.command("serve")(serve)
app.add_typer(user, name="user")
app.add_typer(credential, name="credential")
app.add_typer(scope, name="scope")
app.add_typer(key, name="key")
app.add_typer(database, name="db")
app.add_typer(audit, name="audit")
app.add_typer(webhook, name="webhook")
app.add_typer(config, name="config")
app.command("doctor")(doctor)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - because Typer calls it so
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - because it takes as long as Typer

        typer.echo(f"tokenhouse {version('tokenhouse')}")
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
    """OAuth 2.0 token service for API products."""
    try:
        "".join(sys.argv).encode()
    except UnicodeEncodeError:
        msg = "an argument is not UTF-8"
        raise typer.BadParameter(msg) from None
