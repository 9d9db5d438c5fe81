"""`tokenhouse user`: people who sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokenhouse.cli.common import (
    Config,
    DatabaseUrl,
    DataDir,
    Json,
    PasswordStdin,
    installation,
    print_json,
    read_password,
)

if TYPE_CHECKING:
    from tokenhouse.store.users import User

app = typer.Typer(no_args_is_help=True, help="People who sign in and own app credentials.")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The user's e-mail address.")]


def _shown(user: User) -> dict[str, Any]:
    names = ("id", "email", "is_active", "is_superuser", "is_verified")
    return {name: getattr(user, name) for name in names}


def _line(user: User) -> str:
    state = "active" if user.is_active else "disabled"
    return f"{user.id}  {state:8}  {'admin' if user.is_superuser else 'user':5}  {user.email}"


@app.command()
def add(  # noqa: PLR0913 - because each is an option of the command
    email: Email,
    *,
    admin: Annotated[bool, typer.Option("--admin", help="Make an administrator.")] = False,
    password_stdin: PasswordStdin = False,
    json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Add a user; the password comes from a prompt or standard input.

    Example: tokenhouse user add ann@example.com
    """
    from tokenhouse.manage import users  # noqa: PLC0415 - because --help must be quick

    with installation(data_dir, database_url, config) as context:
        users.checked_email(email)
        hashed = users.hashed_password(context, read_password(from_stdin=password_stdin))
        user = context.database.write_now(
            lambda c: users.add(c, context, email, hashed, is_admin=admin)
        )
        if json:
            print_json(_shown(user))
        else:
            typer.echo(f"Added {_line(user)}")


@app.command("list")
def list_(
    *,
    json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """List all users.

    Example: tokenhouse user list --json
    """
    from tokenhouse.store.users import every  # noqa: PLC0415 - because --help must be quick

    with installation(data_dir, database_url, config) as context:
        found = context.database.read_now(every)
        if json:
            print_json([_shown(user) for user in found])
        else:
            for user in found:
                typer.echo(_line(user))


@app.command()
def show(
    email: Email,
    *,
    json: Json = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Show one user.

    Example: tokenhouse user show ann@example.com
    """
    from tokenhouse.manage import users  # noqa: PLC0415 - because --help must be quick

    with installation(data_dir, database_url, config) as context:
        user = context.database.read_now(lambda c: users.show(c, email))
        if json:
            print_json(_shown(user))
        else:
            typer.echo(_line(user))


@app.command("set-password")
def set_password(
    email: Email,
    *,
    password_stdin: PasswordStdin = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Give a user a new password; the user's own tokens end, the credentials' do not.

    Example: tokenhouse user set-password ann@example.com
    """
    from tokenhouse.manage import users  # noqa: PLC0415 - because --help must be quick

    with installation(data_dir, database_url, config) as context:
        user = context.database.read_now(lambda c: users.show(c, email))
        hashed = users.hashed_password(context, read_password(from_stdin=password_stdin))
        context.database.write_now(lambda c: users.set_password(c, user, hashed))
        typer.echo(f"New password set for {user.email}")


@app.command()
def disable(
    email: Email,
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Refuse a user's password, tokens and credentials from now on.

    Example: tokenhouse user disable ann@example.com
    """
    from tokenhouse.manage import users  # noqa: PLC0415 - because --help must be quick

    with installation(data_dir, database_url, config) as context:
        user = context.database.read_now(lambda c: users.show(c, email))
        context.database.write_now(lambda c: users.set_active(c, user, active=False))
        typer.echo(f"Disabled {user.email}")


@app.command()
def enable(
    email: Email,
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Let a disabled user in again.

    Example: tokenhouse user enable ann@example.com
    """
    from tokenhouse.manage import users  # noqa: PLC0415 - because --help must be quick

    with installation(data_dir, database_url, config) as context:
        user = context.database.read_now(lambda c: users.show(c, email))
        context.database.write_now(lambda c: users.set_active(c, user, active=True))
        typer.echo(f"Enabled {user.email}")


@app.command()
def delete(
    email: Email,
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Delete a user with all credentials.

    Example: tokenhouse user delete ann@example.com
    """
    from tokenhouse.manage import users  # noqa: PLC0415 - because --help must be quick

    with installation(data_dir, database_url, config) as context:
        user = context.database.read_now(lambda c: users.show(c, email))
        context.database.write_now(lambda c: users.delete(c, context, user))
        typer.echo(f"Deleted {email}")
