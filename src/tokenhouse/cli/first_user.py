"""The first administrator: named by a flag, or asked for where somebody sits at the terminal.

Trap: `serve` also runs where a terminal is but nobody at it. A job in a shell's background would be
stopped at a question, so only the job in front asks one.
"""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

import os
import sys
from contextlib import suppress
from shlex import quote
from typing import TYPE_CHECKING

import typer

from tokenhouse.cli.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.context import Context
    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection


def first_steps(context: "Context", place: Place, email: str | None) -> str:
    """Make the first administrator where there is no user yet.

    Args:
        context: the installation, open.
        place: where it is, for the command that is advised.
        email: who it is to be; None asks at a terminal, and elsewhere makes nobody.

    Returns:
        What to do next, for the person who started the service.

    Raises:
        typer.Abort: Ctrl-C, or the end of input, at a question; nothing was added.

    """
    from tokenhouse.crypto.secrets import make_password
    from tokenhouse.store.users import is_any

    if context.database.read_now(is_any):
        return _pages(context.settings)
    typed = ""
    if email is None and _is_attended():
        email, typed = _ask(context)
    if not email:
        return f"There is no user yet. Add one:\n\n  tokenhouse user add EMAIL --admin{place}\n"
    password = typed or make_password()
    if not _add(context, email, password):
        return f"There is a user already; {email} was not added.\n{_pages(context.settings)}"
    return _welcome(context.settings, email, password, shown=not typed) + _pages(context.settings)


def _is_attended() -> bool:
    """Tell whether a person can be asked: at a terminal, by the job in front."""
    with suppress(OSError):  # it is not the terminal of this session
        at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        return at_terminal and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


def _ask(context: "Context") -> tuple[str, str]:
    """Ask for e-mail address and password; an empty one: nobody is wanted, one is made up."""
    from tokenhouse.manage.users import check_new_password, checked_email

    typer.echo("There is no user yet. Who is the first administrator? (Enter: nobody for now)")
    email = _good("E-mail address", checked_email, hidden=False)
    if not email:
        return "", ""
    while True:
        password = _good(
            "Password (Enter: one is made up)",
            lambda text: check_new_password(context, text),
            hidden=True,
        )
        if not password or _line("The same again", hidden=True) == password:
            return email, password
        typer.echo("The two differ.")


def _good(question: str, check: "Callable[[str], object]", *, hidden: bool) -> str:
    """Ask until the answer is good, or none."""
    from tokenhouse.manage.errors import Invalid

    while True:
        try:
            if answer := _line(question, hidden=hidden):
                check(answer)
        except Invalid as error:
            typer.echo(f"Try again: {error}.")
        except UnicodeError:
            typer.echo("Try again: that is not UTF-8.")
        else:
            return answer


def _line(question: str, *, hidden: bool) -> str:
    return str(typer.prompt(question, default="", show_default=False, hide_input=hidden))


def _add(context: "Context", email: str, password: str) -> bool:
    """Add the administrator, unless another was quicker."""
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import users
    from tokenhouse.store.users import is_any

    hashed = users.hashed_password(context, password)

    def add(connection: "Connection") -> bool:
        if is_any(connection):
            return False
        users.add(connection, context, OPERATOR, users.NewUser(email, hashed, is_admin=True))
        return True

    return context.database.write_now(add)


def _welcome(settings: "Settings", email: str, password: str, *, shown: bool) -> str:
    """Say who was added, with the lines that get a token; a typed password is known already."""
    return _WELCOME.format(
        how=" (the password is shown only now)" if shown else "",
        email=email,
        password=f"  password  {password}\n" if shown else "",
        login=quote(f"{email}:{password}" if shown else email),
        issuer=settings.issuer,
    )


def _pages(settings: "Settings") -> str:
    console = f"Web pages for people: {settings.issuer}/console/\n" if settings.console else ""
    return f"{console}Documentation: {settings.issuer}/docs\n"


_WELCOME = """
Your account{how}:

  e-mail    {email}
{password}
An access token, good for 15 minutes:

  curl -u {login} {issuer}/api/v1/auth/jwt/token/basic

App credentials (client_id and client_secret) for a program:

  curl -X POST -H "Authorization: Bearer ACCESS_TOKEN" {issuer}/api/v1/clients

A token for the program:

  curl -u 'CLIENT_ID:CLIENT_SECRET' -d grant_type=client_credentials {issuer}/api/v1/auth/jwt/token

"""
