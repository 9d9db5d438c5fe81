"""`tokenhouse audit`: who did what, and whether anybody has tampered with what says so."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from json import dumps
from typing import Annotated

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, fail, print_json, print_table
from tokenhouse.cli.user import found
from tokenhouse.manage import shown
from tokenhouse.manage.shown import rfc3339

app = typer.Typer(
    no_args_is_help=True,
    help="Who did what: sign-ins and changes, each chained to the one before it.",
    epilog="Example: tokenhouse audit verify",
)


@app.command("list")
@at_place
def list_(
    place: Place,
    *,
    user: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Only what concerns this user.")
    ] = None,
    action: Annotated[str | None, typer.Option(help="Only this, such as sign_in.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """List events, newest first.

    Example: tokenhouse audit list --user you@example.com --action sign_in
    """
    from tokenhouse.store import audit_events
    from tokenhouse.store.audit_events import Sought

    with place.open() as context:
        user_id = context.database.read_now(lambda c: found(c, user)).id if user else None
        events = context.database.read_now(
            lambda c: audit_events.page(c, Sought(user_id, action), limit=limit)
        )
    if json:
        print_json([shown.audit_event(event) for event in events])
    elif events:
        print_table(
            (event.seq, rfc3339(event.at), event.action, event.outcome, event.target, event.actor)
            for event in events
        )
    else:
        typer.echo("There is no such event.")


@app.command()
@at_place
def export(place: Place) -> None:
    """Write all events to standard output, oldest first, one JSON object a line.

    Example: tokenhouse audit export > audit.jsonl
    """
    from tokenhouse.manage.audit import every

    with place.open() as context:
        for event in every(context):
            typer.echo(dumps(shown.audit_event(event)))


@app.command()
@at_place
def verify(place: Place) -> None:
    """Say whether the events are as they were written.

    Whoever can write to the database, but has no master key, cannot alter, remove or put in
    one unnoticed; the first that does not fit is named.

    Example: tokenhouse audit verify
    """
    from tokenhouse.manage.audit import verify as first_wrong
    from tokenhouse.store import audit_events

    with place.open() as context:
        if wrong := first_wrong(context):
            fail(f"{wrong}; compare with an export or a backup")
        head, _ = context.database.read_now(audit_events.head)
    typer.echo(f"All is as it was written: {head.seq - head.first_seq + 1} events.")


@app.command()
@at_place
def cut(place: Place) -> None:
    """Forget the events that are older than `audit_retention_days`.

    The service does it by itself once an hour; what is left still verifies.

    Example: tokenhouse audit cut
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import audit
    from tokenhouse.store import audit_events

    with place.open() as context:
        while context.database.write_now(lambda c: audit.cut(c, context, OPERATOR)):
            pass
        head, _ = context.database.read_now(audit_events.head)
    typer.echo(f"The oldest event that is kept is {head.first_seq}.")
