"""`th login` and `th logout`: from a password, once, to app credentials that are kept."""

import platform
from contextlib import suppress
from typing import Annotated, Any

import httpx
import typer

from tokenhouse_sdk.calling.credentials import Credentials, default_file, read, write
from tokenhouse_sdk.cli.service import BASIC, CLIENTS, Declined, checked_url, service, taken
from tokenhouse_sdk.cli.terminal import ask_email, ask_password
from tokenhouse_sdk.errors import TokenhouseError

Url = Annotated[str, typer.Argument(metavar="URL", help="The service.")]
Email = Annotated[str | None, typer.Option(help="Who you are; else you are asked.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
_LONGEST_NAME = 200


def login(url: Url, *, email: Email = None, password_stdin: PasswordStdin = False) -> None:
    """Make app credentials for this machine, and keep them.

    Asks for e-mail address and password; what is stored are the app credentials alone, in a file
    that only you can read.

    Example: th login https://auth.example
    """
    address = checked_url(url)
    who = (email or ask_email(), ask_password(from_stdin=password_stdin))
    with httpx.Client(base_url=address, timeout=30) as http:
        signed_in = http.get(BASIC, auth=(who[0].encode(), who[1].encode()))
        token = taken(signed_in, "access_token")["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        name = f"th on {platform.node()}"[:_LONGEST_NAME]
        made = taken(http.post(CLIENTS, json={"name": name}), "client_id", "client_secret")
        _delete_former(http, address)
    kept = {"url": address, "client_id": made["client_id"], "client_secret": made["client_secret"]}
    write(default_file(), kept)
    typer.echo(
        f"Signed in as {who[0]}. App credentials {made['client_id']} are in {default_file()}"
    )


def _delete_former(http: httpx.Client, address: str) -> None:
    """Delete the app credentials of a login before, which nobody would find any more."""
    with suppress(TokenhouseError, httpx.TransportError):
        former: dict[str, Any] = read(default_file()) or {}
        if former.get("url") == address:
            http.delete(f"{CLIENTS}/{former['client_id']}")


def logout() -> None:
    """Delete the app credentials of this machine, at the service and here.

    Example: th logout
    """
    credentials = Credentials.find(file=default_file())
    trouble = ""
    try:
        with service(credentials) as session:
            taken(session.delete(f"{CLIENTS}/{credentials.client_id}"))
    except (TokenhouseError, httpx.TransportError) as error:
        trouble = str(error) or type(error).__name__
    default_file().unlink()
    if trouble:
        raise Declined(
            f"forgotten here, but {credentials.client_id} may still be good at the service, which "
            f"could not delete it: {trouble}"
        )
    typer.echo(f"Deleted {credentials.client_id}")
