"""`tokenhouse credential`: app credentials, from the operator's side."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokenhouse.cli.one_credential import ClientId, OnlyOf, acting
from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, print_json, print_table
from tokenhouse.cli.user import found
from tokenhouse.manage import shown
from tokenhouse.manage.shown import rfc3339

if TYPE_CHECKING:
    from tokenhouse.store.clients import Client

app = typer.Typer(
    no_args_is_help=True,
    help="App credentials: client_id and client_secret.",
    epilog="Example: tokenhouse credential create --user you@example.com",
)
Owner = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose they are.")]
_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 2000


def _state(client: "Client", now: float) -> str:
    ended = "disabled" if client.disabled else "expired"
    return "active" if client.owned(active=True).is_live(now) else ended


def _checked_name(name: str | None) -> str | None:
    if name is not None and (len(name) > _LONGEST_NAME or not name.isprintable()):
        msg = f"at most {_LONGEST_NAME} printable characters"
        raise typer.BadParameter(msg)
    return name


def _checked_description(text: str | None) -> str | None:
    if text is not None and (len(text) > _LONGEST_DESCRIPTION or "\0" in text):
        msg = f"at most {_LONGEST_DESCRIPTION} characters, none of them a NUL"
        raise typer.BadParameter(msg)
    return text


Name = Annotated[str | None, typer.Option(help="What they are for.", callback=_checked_name)]
Description = Annotated[
    str | None, typer.Option(help="More about them.", callback=_checked_description)
]
ExpiresIn = Annotated[
    int | None,
    typer.Option(metavar="SECONDS", min=0, help="Refuse them from then on; 0 = never (change)."),
]


def _checked_methods(methods: list[str] | None) -> list[str]:
    from tokenhouse.store.clients import KEY_METHOD, SECRET_METHODS

    known = (*SECRET_METHODS, KEY_METHOD)
    if unknown := [one for one in methods or [] if one not in known]:
        msg = f"{unknown[0]!r} is not one of {', '.join(known)}"
        raise typer.BadParameter(msg)
    return list(dict.fromkeys(methods or []))


Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        help="Allow this method alone; give it several times.",
        callback=_checked_methods,
    ),
]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="Allow this scope alone; give it several times."),
]


@app.command("list")
@at_place
def list_(place: Place, user: Owner, *, json: Json = False) -> None:
    """List a user's app credentials, oldest first.

    Secrets are shown when they are made, and never again.

    Example: tokenhouse credential list --user you@example.com
    """
    from tokenhouse.actor import Actor
    from tokenhouse.manage import credentials
    from tokenhouse.store import last_used

    with place.open() as context:
        owned = context.database.read_now(
            lambda c: credentials.list_own(c, Actor(found(c, user).id))
        )
        ids = [client.client_id for client in owned]
        uses = context.database.read_now(lambda c: last_used.of_clients(c, ids))
        now = context.clock()
    if json:
        print_json([shown.credential(client, uses.get(client.client_id)) for client in owned])
    elif owned:
        print_table(
            (one.client_id, rfc3339(one.created_at), _state(one, now), one.name) for one in owned
        )
    else:
        typer.echo(f"None yet. Make some: tokenhouse credential create --user {user}{place}")


@app.command()
@at_place
def create(  # noqa: PLR0913 - because each is an option of the command
    place: Place,
    user: Owner,
    *,
    name: Name = "",
    description: Description = "",
    expires_in: ExpiresIn = None,
    method: Methods = None,
    scope: Scopes = None,
    json: Json = False,
) -> None:
    """Make app credentials for a user.

    The secret is shown only now.

    Example: tokenhouse credential create --user you@example.com --name nightly
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import credentials

    with place.open() as context:
        end = context.clock() + expires_in if expires_in else None
        allowed = tuple(method or ()) or None, tuple(scope or ()) or None
        words = name or "", description or ""
        client, secret = context.database.write_now(
            lambda c: credentials.create(
                c,
                context,
                OPERATOR,
                credentials.NewCredential(*words, found(c, user).id, end, *allowed),
            )
        )
    if json:
        print_json({**shown.credential(client), "client_secret": secret})
    else:
        typer.echo(f"client_id      {client.client_id}\nclient_secret  {secret}")


@app.command()
@at_place
def show(place: Place, client_id: ClientId, *, json: Json = False) -> None:
    """Show app credentials.

    Example: tokenhouse credential show CLIENT_ID --json
    """
    from tokenhouse.manage import own
    from tokenhouse.store import last_used

    with place.open() as context:
        with acting(client_id) as actor:
            client = context.database.read_now(lambda c: own.show(c, actor, client_id))
        uses = context.database.read_now(lambda c: last_used.of_clients(c, [client_id]))
        members = shown.credential(client, uses.get(client_id))
    if json:
        print_json(members)
    else:
        print_table((name, _plain(value)) for name, value in members.items())


def _plain(value: bool | str | list[str] | dict[str, Any] | None) -> str:  # noqa: FBT001 - because it is a value
    """Write a member for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "some; see tokenhouse credential keys"
    return ", ".join(value) if isinstance(value, list) else str(value or "-")


@app.command()
@at_place
def change(  # noqa: PLR0913 - because each is an option of the command
    place: Place,
    client_id: ClientId,
    *,
    name: Name = None,
    description: Description = None,
    expires_in: ExpiresIn = None,
    method: Methods = None,
    any_method: Annotated[bool, typer.Option("--any-method", help="Allow all methods.")] = False,
    scope: Scopes = None,
    any_scope: Annotated[bool, typer.Option("--any-scope", help="Allow all scopes.")] = False,
    may_introspect: Annotated[
        bool | None,
        typer.Option(
            "--introspect-all/--introspect-own",
            help="May it introspect every token, or its owner's?",
        ),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Keep them when those that made them are deleted.")
    ] = False,
) -> None:
    """Change app credentials; what is left out stays.

    Example: tokenhouse credential change CLIENT_ID --method private_key_jwt
    """
    asked: dict[str, Any] = {
        "name": name,
        "description": description,
        "auth_methods": " ".join(method) if method else None,
        "scopes": scope or None,
        "may_introspect": may_introspect,
    }
    cleared = {"auth_methods": any_method, "scopes": any_scope, "parent_id": detach}
    changes = {member: value for member, value in asked.items() if value is not None}
    changes |= {member: None for member, is_cleared in cleared.items() if is_cleared}
    _change(place, client_id, changes, expires_in)
    typer.echo(f"Changed {client_id}")


@app.command()
@at_place
def disable(place: Place, client_id: ClientId) -> None:
    """Refuse app credentials and all their tokens from now on.

    Example: tokenhouse credential disable CLIENT_ID
    """
    _change(place, client_id, {"disabled": True})
    typer.echo(f"Disabled {client_id}")


@app.command()
@at_place
def enable(place: Place, client_id: ClientId) -> None:
    """Let disabled app credentials in again; their old tokens stay dead.

    Example: tokenhouse credential enable CLIENT_ID
    """
    _change(place, client_id, {"disabled": False})
    typer.echo(f"Enabled {client_id}")


def _change(
    place: Place, client_id: str, changes: dict[str, Any], expires_in: int | None = None
) -> None:
    from tokenhouse.manage import credentials

    with place.open() as context, acting(client_id) as actor:
        if expires_in is not None:
            changes = {
                **changes,
                "expires_at": context.clock() + expires_in if expires_in else None,
            }
        context.database.write_now(
            lambda c: credentials.change(c, context, actor, client_id, changes)
        )


@app.command()
@at_place
def delete(place: Place, client_id: ClientId, user: OnlyOf = None) -> None:
    """Delete app credentials.

    Those that they made and all their tokens are refused from now on.

    Example: tokenhouse credential delete CLIENT_ID
    """
    from tokenhouse.manage import credentials

    with place.open() as context, acting(client_id, context, user) as actor:
        context.database.write_now(lambda c: credentials.delete(c, context, actor, client_id))
    typer.echo(f"Deleted {client_id}")
