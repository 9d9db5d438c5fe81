"""`th credentials`: your app credentials at the service."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from tokenhouse_sdk.calling.credentials import Credentials, default_file, read, write
from tokenhouse_sdk.cli.service import CLIENTS, service, taken
from tokenhouse_sdk.cli.terminal import Json, coloured, print_json, print_table
from tokenhouse_sdk.errors import CredentialsError

app = typer.Typer(
    no_args_is_help=True,
    help="App credentials: client_id and client_secret.",
    epilog="Example: th credentials list",
)
ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Which.")]
MaybeClientId = Annotated[
    str | None, typer.Argument(metavar="[CLIENT_ID]", help="Which; else those of `th` itself.")
]


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List your app credentials, oldest first.

    Example: th credentials list --json
    """
    with service() as session:
        owned: list[dict[str, Any]] = taken(session.get(CLIENTS))
    if json:
        print_json(owned)
    elif owned:
        shown = ("client_id", "created_at", "last_used_at", "name")
        print_table([*(one.get(name) or "-" for name in shown), _state(one)] for one in owned)


def _state(one: dict[str, Any]) -> str:
    if one.get("disabled"):
        return coloured("disabled", "yellow")
    end = one.get("expires_at")
    if end and datetime.fromisoformat(end) <= datetime.now(UTC):
        return coloured("expired", "red")
    return coloured("active", "green")


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What they are for.")] = "",
    expires_in: Annotated[
        int | None, typer.Option(metavar="SECONDS", min=1, help="Refuse them from then on.")
    ] = None,
    json: Json = False,
) -> None:
    """Make app credentials. The secret is shown only now.

    Example: th credentials create --name nightly
    """
    asked: dict[str, object] = {"name": name}
    if expires_in:
        end = datetime.now(UTC) + timedelta(seconds=expires_in)
        asked["expires_at"] = end.isoformat().replace("+00:00", "Z")
    with service() as session:
        made = taken(session.post(CLIENTS, json=asked), "client_id", "client_secret")
    _show_secret(made["client_id"], made, json=json)


@app.command()
def rotate(
    client_id: MaybeClientId = None,
    *,
    old_secret_expires_in: Annotated[
        int, typer.Option(metavar="SECONDS", min=0, help="How long the old secret still lives.")
    ] = 86_400,
    json: Json = False,
) -> None:
    """Make a new secret; the old one lives on for a day.

    Without CLIENT_ID it is the secret of `th` itself, which is stored and not shown.

    Example: th credentials rotate CLIENT_ID --old-secret-expires-in 3600
    """
    own = Credentials.find()
    which = client_id or own.client_id
    if client_id is None:
        kept = read(default_file()) or {}
        if kept.get("client_id") != which:
            raise CredentialsError("these are not the credentials of `th login`; give CLIENT_ID")
    with service(own) as session:
        asked = {"old_secret_expires_in": old_secret_expires_in}
        made = taken(session.post(f"{CLIENTS}/{which}/secrets", json=asked), "client_secret")
    stored = read(default_file()) or {}
    if stored.get("client_id") == which:
        write(default_file(), {**stored, "client_secret": made["client_secret"]})
        typer.echo(f"Stored the new secret of {which}", err=True)
    if client_id is not None:
        _show_secret(which, made, json=json)


@app.command()
def delete(
    client_id: ClientId,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete app credentials; all their tokens are refused from now on.

    Example: th credentials delete CLIENT_ID
    """
    if not yes:
        typer.confirm(f"Delete {client_id}, and stop what uses it?", abort=True)
    with service() as session:
        taken(session.delete(f"{CLIENTS}/{client_id}"))
    typer.echo(f"Deleted {client_id}")


def _show_secret(client_id: str, made: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json({"client_id": client_id, **made})
    else:
        typer.echo(f"client_id      {client_id}\nclient_secret  {made['client_secret']}")
