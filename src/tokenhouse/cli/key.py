"""`tokenhouse key`: the signing keys."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, print_json, print_table, rfc3339

app = typer.Typer(
    no_args_is_help=True,
    help="Keys that sign access tokens.",
    epilog="Example: tokenhouse key list",
)


@app.callback()
def _group() -> None:
    """Stay a group: Typer would make its only command the whole of it."""


@app.command("list")
@at_place
def list_(place: Place, *, json: Json = False) -> None:
    """List the signing keys, newest first.

    `signs` marks the one in use; the others still check tokens.

    Example: tokenhouse key list --json
    """
    from tokenhouse.store.signing_keys import every

    with place.open() as context:
        keys = context.database.read_now(every)
        current = context.keyring.current.kid
    shown = [
        {
            "kid": key.kid,
            "alg": key.alg,
            "use": "signs" if key.kid == current else "checks",
            "created_at": rfc3339(key.created_at),
        }
        for key in keys
    ]
    if json:
        print_json(shown)
    else:
        print_table(key.values() for key in shown)
