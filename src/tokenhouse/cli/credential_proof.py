"""`tokenhouse credential`: what proves a credential: its secrets and its keys."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from pathlib import Path
from typing import Annotated, Any

import typer

from tokenhouse.cli.credential import app
from tokenhouse.cli.one_credential import ClientId, acting
from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, fail, print_json, print_table
from tokenhouse.manage import shown
from tokenhouse.manage.shown import rfc3339

__all__ = ["app"]
_DAY = 86400
_LONGEST = 90 * _DAY


@app.command()
@at_place
def rotate(
    place: Place,
    client_id: ClientId,
    *,
    overlap: Annotated[
        int,
        typer.Option(
            metavar="SECONDS", min=0, max=_LONGEST, help="How long the old secret still lives."
        ),
    ] = _DAY,
    label: Annotated[str, typer.Option(help="What to call the new one.")] = "",
    json: Json = False,
) -> None:
    """Make a new secret; the old one ends after the overlap, on every worker.

    The new secret is shown only now.

    Example: tokenhouse credential rotate CLIENT_ID --overlap 3600
    """
    from tokenhouse.manage import client_secrets
    from tokenhouse.manage.client_secrets import Rotation

    if len(label) > 200 or not label.isprintable():  # noqa: PLR2004 - because it is the column's length
        msg = "--label takes at most 200 printable characters"
        raise typer.BadParameter(msg)
    with place.open() as context, acting(client_id) as actor:
        made = context.database.write_now(
            lambda c: client_secrets.rotate(c, context, actor, client_id, Rotation(overlap, label))
        )
    if json:
        print_json(shown.new_secret(made))
    else:
        typer.echo(f"client_id      {client_id}\nclient_secret  {made.clear}")
        typer.echo(
            f"Older secrets end {rfc3339(made.row.created_at + overlap)} at the latest.", err=True
        )


@app.command()
@at_place
def secrets(place: Place, client_id: ClientId, *, json: Json = False) -> None:
    """List the live secrets, oldest first: when each was last used, and which may go.

    Example: tokenhouse credential secrets CLIENT_ID
    """
    from tokenhouse.manage import client_secrets

    with place.open() as context, acting(client_id) as actor:
        live = context.database.read_now(
            lambda c: client_secrets.list_live(c, context, actor, client_id)
        )
    found = [shown.secret(one) for one in live]
    if json:
        print_json(found)
    elif found:
        print_table(map(_row, found))
    else:
        typer.echo(f"None. Make one: tokenhouse credential rotate {client_id}{place}")


def _row(secret: dict[str, Any]) -> tuple[str, ...]:
    used = secret["last_used_at"]
    return (
        secret["secret_id"],
        f"…{secret['hint']}",
        f"ends {secret['expires_at']}" if secret["expires_at"] else "no end",
        f"used {used} from {secret['last_used_from']}" if used else "never used",
        "safe to delete" if secret["safe_to_delete"] else "keep",
        secret["label"],
    )


@app.command("delete-secret")
@at_place
def delete_secret(
    place: Place,
    client_id: ClientId,
    secret_id: Annotated[str, typer.Argument(metavar="SECRET_ID", help="Which secret.")],
) -> None:
    """Delete one secret; it is refused from now on.

    Example: tokenhouse credential delete-secret CLIENT_ID SECRET_ID
    """
    from tokenhouse.manage import client_secrets
    from tokenhouse.manage.errors import NotFound

    with place.open() as context, acting(client_id) as actor:
        try:
            context.database.write_now(
                lambda c: client_secrets.remove(c, context, actor, client_id, secret_id)
            )
        except NotFound:
            fail(f"{client_id} has no secret {secret_id}; see tokenhouse credential secrets")
    typer.echo(f"Deleted {secret_id}")


@app.command("set-keys")
@at_place
def set_keys(
    place: Place,
    client_id: ClientId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A JWK Set, public keys alone.")],
) -> None:
    """Register public keys for private_key_jwt, in place of those before.

    Example: tokenhouse credential set-keys CLIENT_ID keys.json
    """
    from pydantic import TypeAdapter, ValidationError

    from tokenhouse.oauth.jwt_claims import MalformedJwt, strict_object

    try:
        found = strict_object(file.read_bytes())
        keys = TypeAdapter(list[dict[str, Any]]).validate_python(found.get("keys"))
    except OSError as error:
        fail(f"cannot read {file}: {error.strerror}")
    except (MalformedJwt, ValidationError):
        fail(f'{file} is no JWK Set: {{"keys": [...]}} (RFC 7517 section 5)')
    _replace_keys(place, client_id, keys)
    typer.echo(f"{client_id} has {len(keys)} keys now")


@app.command("remove-keys")
@at_place
def remove_keys(place: Place, client_id: ClientId) -> None:
    """Remove all public keys.

    Example: tokenhouse credential remove-keys CLIENT_ID
    """
    _replace_keys(place, client_id, [])
    typer.echo(f"{client_id} has no keys now")


@app.command()
@at_place
def keys(place: Place, client_id: ClientId) -> None:
    """Print the public keys, as JSON.

    Example: tokenhouse credential keys CLIENT_ID
    """
    from tokenhouse.manage import own

    with place.open() as context, acting(client_id) as actor:
        client = context.database.read_now(lambda c: own.show(c, actor, client_id))
    print_json(shown.client_keys(client))


def _replace_keys(place: Place, client_id: str, keys: list[dict[str, Any]]) -> None:
    from tokenhouse.manage import client_keys

    with place.open() as context, acting(client_id) as actor:
        kept = client_keys.checked_keys(keys)
        context.database.write_now(
            lambda c: client_keys.replace_keys(c, context, actor, client_id, kept)
        )
