"""`tokenhouse user`: people who sign in."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from typing import TYPE_CHECKING, Annotated

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import (
    Json,
    PasswordStdin,
    print_json,
    print_table,
    read_password,
)
from tokenhouse.manage import shown

if TYPE_CHECKING:
    from tokenhouse.store.database import Connection
    from tokenhouse.store.users import User

app = typer.Typer(
    no_args_is_help=True,
    help="People who sign in and own app credentials.",
    epilog="Example: tokenhouse user add you@example.com --admin",
)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The user's e-mail address.")]


def found(connection: "Connection", email: str) -> "User":
    """Return the user with this e-mail address; the `NotFound` of this one says what to do."""
    from tokenhouse.manage import users
    from tokenhouse.manage.errors import NotFound

    try:
        return users.show(connection, email)
    except NotFound:
        msg = f"there is no user {email}; run: tokenhouse user list"
        raise NotFound(msg) from None


def _row(user: "User") -> tuple[str, ...]:
    state = "active" if user.is_active else "disabled"
    return user.id, state, "admin" if user.is_superuser else "user", user.email


@app.command()
@at_place
def add(
    place: Place,
    email: Email,
    *,
    admin: Annotated[bool, typer.Option("--admin", help="Make an administrator.")] = False,
    password_stdin: PasswordStdin = False,
    json: Json = False,
) -> None:
    """Add a user.

    The password comes from a prompt or standard input.

    Example: tokenhouse user add you@example.com --admin
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import users

    with place.open() as context:
        users.checked_email(email)
        hashed = users.hashed_password(context, read_password(from_stdin=password_stdin))
        user = context.database.write_now(
            lambda c: users.add(c, context, OPERATOR, users.NewUser(email, hashed, admin))
        )
        if json:
            print_json(shown.user(user))
        else:
            typer.echo(f"Added {'  '.join(_row(user))}")


@app.command("list")
@at_place
def list_(place: Place, *, json: Json = False) -> None:
    """List all users, oldest first.

    Example: tokenhouse user list --json
    """
    from tokenhouse.store.users import every

    with place.open() as context:
        people = context.database.read_now(every)
        if json:
            print_json([shown.user(user) for user in people])
        elif people:
            print_table(map(_row, people))
        else:
            typer.echo(f"There is no user yet. Add one: tokenhouse user add EMAIL --admin{place}")


@app.command()
@at_place
def show(place: Place, email: Email, *, json: Json = False) -> None:
    """Show one user.

    Example: tokenhouse user show you@example.com
    """
    with place.open() as context:
        user = context.database.read_now(lambda c: found(c, email))
        if json:
            print_json(shown.user(user))
        else:
            print_table([_row(user)])


@app.command("set-password")
@at_place
def set_password(place: Place, email: Email, *, password_stdin: PasswordStdin = False) -> None:
    """Give a user a new password.

    The user's own tokens end, those of the user's app credentials do not.

    Example: tokenhouse user set-password you@example.com
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import users

    with place.open() as context:
        context.database.read_now(lambda c: found(c, email))  # before anybody types a password
        hashed = users.hashed_password(context, read_password(from_stdin=password_stdin))
        context.database.write_now(
            lambda c: users.set_password(c, context, OPERATOR, found(c, email), hashed)
        )
    typer.echo(f"New password set for {email}")


@app.command()
@at_place
def disable(place: Place, email: Email) -> None:
    """Refuse a user from now on.

    The password, the tokens and the app credentials are all refused.

    Example: tokenhouse user disable you@example.com
    """
    _set_active(place, email, active=False)
    typer.echo(f"Disabled {email}")


@app.command()
@at_place
def enable(place: Place, email: Email) -> None:
    """Let a disabled user in again.

    Example: tokenhouse user enable you@example.com
    """
    _set_active(place, email, active=True)
    typer.echo(f"Enabled {email}")


def _set_active(place: Place, email: str, *, active: bool) -> None:
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import users

    with place.open() as context:
        context.database.write_now(
            lambda c: users.set_active(c, context, OPERATOR, found(c, email), active=active)
        )


@app.command()
@at_place
def delete(place: Place, email: Email) -> None:
    """Delete a user with all credentials.

    Example: tokenhouse user delete you@example.com
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import users

    with place.open() as context:
        context.database.write_now(lambda c: users.delete(c, context, OPERATOR, found(c, email)))
    typer.echo(f"Deleted {email}")
