"""`th token`, `th whoami`, `th check`."""

import sys
from datetime import UTC, datetime
from json import dumps as json_text
from typing import Annotated, Any

import typer

from tokenhouse_sdk.calling.auth import TokenAuth
from tokenhouse_sdk.calling.credentials import Credentials
from tokenhouse_sdk.checking.checker import TokenChecker
from tokenhouse_sdk.cli.service import ME, service, taken
from tokenhouse_sdk.cli.terminal import Json, print_json, print_members
from tokenhouse_sdk.errors import InvalidToken

_TIMES = ("iat", "nbf", "exp")


def token(
    *,
    header: Annotated[bool, typer.Option("--header", help="As a header, for curl.")] = False,
    scope: Annotated[list[str] | None, typer.Option(help="Ask for this; several times.")] = None,
    json: Json = False,
) -> None:
    """Print a fresh access token.

    Example: curl -H @<(th token --header) https://api.example/
    """
    got = TokenAuth(scopes=scope or ()).keeper.get()
    if json:
        life = round(got.dead_at - got.got_at)
        print_json({"access_token": got.value, "token_type": got.scheme, "expires_in": life})
    else:
        typer.echo(f"Authorization: {got.scheme} {got.value}" if header else got.value)


def whoami(*, json: Json = False) -> None:
    """Say who you are to the service.

    Example: th whoami
    """
    credentials = Credentials.find()
    with service(credentials) as session:
        me: dict[str, Any] = taken(session.get(ME))
    shown = {"url": credentials.url, "client_id": credentials.client_id, **me}
    if json:
        print_json(shown)
    else:
        print_members(shown)


def check(
    text: Annotated[str, typer.Argument(metavar="TOKEN", help="- reads standard input.")],
    *,
    issuer: Annotated[str | None, typer.Option(help="Who must have issued it.")] = None,
    audience: Annotated[str | None, typer.Option(help="What it must be for.")] = None,
    json: Json = False,
) -> None:
    """Check an access token as an API would, and show its claims.

    Ends with 1 where it is not good: malformed, ended, revoked, of another issuer.

    Example: th token | th check -
    """
    given = (sys.stdin.read() if text == "-" else text).strip()
    bare = given.removeprefix("Authorization:").strip().removeprefix("Bearer ").strip()
    with TokenChecker(issuer or Credentials.find().url, audience) as checker:
        try:
            claims = checker.check(bare)
        except InvalidToken as error:
            raise InvalidToken(f"not good: {error}") from None
    if json:
        print_json(claims)
    else:
        print_members({name: _shown(name, value) for name, value in claims.items()})


def _shown(name: str, value: object) -> object:
    if name in _TIMES and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    return json_text(value) if isinstance(value, dict | list) else value
