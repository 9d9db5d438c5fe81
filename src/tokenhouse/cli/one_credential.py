"""One credential, from the operator's side: naming it, acting on it, showing it."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tokenhouse.cli.user import found

if TYPE_CHECKING:
    from collections.abc import Generator

    from tokenhouse.actor import Actor
    from tokenhouse.context import Context

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="Which.")]
OnlyOf = Annotated[
    str | None, typer.Option("--user", metavar="EMAIL", help="Only if they are this user's.")
]


@contextmanager
def acting(
    client_id: str, context: "Context | None" = None, user: str | None = None
) -> "Generator[Actor]":
    """Give who acts: the operator, or within the bounds of one user; say what is not found.

    Args:
        client_id: the credential that is acted on.
        context: where to look the user up; needed with `user` alone.
        user: e-mail address of the only owner whose it may be.

    """
    from tokenhouse.actor import OPERATOR, Actor
    from tokenhouse.manage.errors import NotFound

    actor = OPERATOR
    if context and user:
        actor = Actor(context.database.read_now(lambda c: found(c, user)).id, is_operator=True)
    try:
        yield actor
    except NotFound:
        whose = f"{user} has" if user else "there are"
        msg = f"{whose} no app credentials {client_id}; see tokenhouse credential list"
        raise NotFound(msg) from None
