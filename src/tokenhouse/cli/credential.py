"""`tokenhouse credential`: app credentials, from the operator's side."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, print_json, print_table, rfc3339
from tokenhouse.cli.user import found

if TYPE_CHECKING:
    from tokenhouse.store.clients import Client
    from tokenhouse.store.database import Connection

app = typer.Typer(
    no_args_is_help=True,
    help="App credentials: client_id and client_secret.",
    epilog="Example: tokenhouse credential create --user you@example.com",
)
Owner = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose they are.")]
_LONGEST_NAME = 200


def _shown(client: "Client") -> dict[str, Any]:
    return {
        "user_id": client.user_id,
        "client_id": client.client_id,
        "name": client.name,
        "description": client.description,
        "created_at": rfc3339(client.created_at),
        "expires_at": rfc3339(client.expires_at),
        "disabled": client.disabled,
        "auth_methods": None if client.auth_methods is None else client.auth_methods.split(" "),
        "parent_id": client.parent_id,
        "may_introspect": client.may_introspect,
    }


def _state(client: "Client", now: float) -> str:
    ended = "disabled" if client.disabled else "expired"
    return "active" if client.is_live(now) else ended


def _checked_name(name: str) -> str:
    if len(name) > _LONGEST_NAME or not name.isprintable():
        msg = f"at most {_LONGEST_NAME} printable characters"
        raise typer.BadParameter(msg)
    return name


@app.command("list")
@at_place
def list_(place: Place, user: Owner, *, json: Json = False) -> None:
    """List a user's app credentials, oldest first.

    Secrets are shown when they are made, and never again.

    Example: tokenhouse credential list --user you@example.com
    """
    from tokenhouse.manage import credentials
    from tokenhouse.manage.actor import Actor

    with place.open() as context:
        owned = context.database.read_now(
            lambda c: credentials.list_own(c, Actor(found(c, user).id))
        )
        now = context.clock()
    if json:
        print_json([_shown(client) for client in owned])
    elif owned:
        print_table(
            (one.client_id, rfc3339(one.created_at), _state(one, now), one.name) for one in owned
        )
    else:
        typer.echo(f"None yet. Make some: tokenhouse credential create --user {user}{place}")


@app.command()
@at_place
def create(
    place: Place,
    user: Owner,
    *,
    name: Annotated[str, typer.Option(help="What they are for.", callback=_checked_name)] = "",
    json: Json = False,
) -> None:
    """Make app credentials for a user.

    The secret is shown only now.

    Example: tokenhouse credential create --user you@example.com --name nightly
    """
    from tokenhouse.manage import credentials
    from tokenhouse.manage.actor import Actor

    with place.open() as context:
        client, secret = context.database.write_now(
            lambda c: credentials.create(
                c, context, Actor(found(c, user).id), credentials.NewCredential(name)
            )
        )
    if json:
        print_json({**_shown(client), "client_secret": secret})
    else:
        typer.echo(f"client_id      {client.client_id}\nclient_secret  {secret}")


@app.command()
@at_place
def delete(
    place: Place,
    client_id: Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Which.")],
    user: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Only if they are this user's.")
    ] = None,
) -> None:
    """Delete app credentials.

    Those that they made and all their tokens are refused from now on.

    Example: tokenhouse credential delete CLIENT_ID
    """
    from tokenhouse.manage import credentials
    from tokenhouse.manage.actor import Actor
    from tokenhouse.manage.errors import NotFound

    with place.open() as context:

        def remove(connection: "Connection") -> None:
            actor = Actor(found(connection, user).id) if user else Actor("", is_admin=True)
            try:
                credentials.delete(connection, context, actor, client_id)
            except NotFound:
                whose = f"{user} has" if user else "there are"
                msg = f"{whose} no app credentials {client_id}; see tokenhouse credential list"
                raise NotFound(msg) from None

        context.database.write_now(remove)
    typer.echo(f"Deleted {client_id}")
