"""`tokenhouse key`: the keys that sign access tokens, and the master key that seals."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from typing import Annotated

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, fail, print_json, print_table
from tokenhouse.manage import shown
from tokenhouse.manage.shown import rfc3339

app = typer.Typer(
    no_args_is_help=True,
    help="Keys that sign access tokens, and what the master key seals.",
    epilog="Example: tokenhouse key list",
)


@app.command("list")
@at_place
def list_(place: Place, *, json: Json = False) -> None:
    """List the signing keys, newest first.

    `signs` marks the one in use, `next` one that is published and will sign; the others still
    check tokens.

    Example: tokenhouse key list --json
    """
    from tokenhouse.manage import keys

    with place.open() as context:
        now = context.clock()
        found = context.database.read_now(lambda c: keys.states(c, now))
    listed = [shown.signing_key(key) for key in found]
    if json:
        print_json(listed)
    else:
        print_table([key["kid"], key["alg"], key["use"], key["signs_from"]] for key in listed)


@app.command()
@at_place
def rotate(
    place: Place,
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Sign with it within seconds, unpublished so far.")
    ] = False,
    drop_others: Annotated[
        bool,
        typer.Option(
            "--drop-others", help="A key has leaked: refuse all tokens of the others at once."
        ),
    ] = False,
) -> None:
    """Make the next signing key.

    It is published now and signs after key_publication_lead; the old ones check until their
    last token has ended. With --now, whoever keeps the public keys and does not look again at a
    key that it does not know refuses new tokens for up to jwks_max_age.

    Example: tokenhouse key rotate
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import keys

    with place.open() as context:
        made = context.database.write_now(
            lambda c: (
                keys.rotate_now(c, context, OPERATOR, drop=drop_others)
                if now or drop_others
                else keys.rotate(c, context, OPERATOR)
            )
        )
    typer.echo(f"{made.kid} signs from {rfc3339(made.signs_from)}")


@app.command()
@at_place
def rewrap(
    place: Place,
    *,
    new_master_key: Annotated[
        bool,
        typer.Option(
            "--new-master-key", help="Put a new master key first in the key file before it."
        ),
    ] = False,
) -> None:
    """Seal everything anew under the first master key of the file.

    The service may run; a run that was cut off is taken up again. When it is done, the other
    master keys can be taken out of the file.

    Example: tokenhouse key rewrap --new-master-key
    """
    from tokenhouse.crypto.master_keys import master_keys
    from tokenhouse.crypto.sealing import MasterKeyError, SealError, add_master_key
    from tokenhouse.manage.rewrap import rewrap as seal_anew
    from tokenhouse.settings import KEY_RELOAD_SECONDS

    with place.open() as context:
        try:
            if new_master_key:
                where = master_keys(context.settings)
                if where.is_outside:
                    fail(f"the master keys {where} are not kept here; put the new one first there")
                add_master_key(context.settings.keys_path)
                context.sealer.refresh()
            done: dict[str, int] = {}
            for column, count in seal_anew(context, KEY_RELOAD_SECONDS):
                done[column] = done.get(column, 0) + count
                typer.echo(f"{column}: {done[column]}", err=True)
        except MasterKeyError as error:
            fail(str(error))
        except SealError as error:
            fail(f"{error}; what is sealed anew already stays so, nothing else was changed")
    typer.echo(f"Everything is sealed under the first master key ({sum(done.values())} anew).")
