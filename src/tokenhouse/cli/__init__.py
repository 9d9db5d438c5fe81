"""The command line (Typer), one file per noun; the rules are `manage`'s.

Heavy rooms are imported inside commands, so that `--help` answers at once.
"""

from __future__ import annotations

import typer

from tokenhouse.cli import serve, user

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="OAuth 2.0 token service for API products.",
)
app.command("serve")(serve.serve)
app.add_typer(user.app, name="user")
