"""`tokenhouse webhook`: where programs elsewhere are told of events, and how that went."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from typing import Annotated

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, print_json, print_table
from tokenhouse.manage import shown
from tokenhouse.manage.shown import rfc3339

app = typer.Typer(
    no_args_is_help=True,
    help="Programs elsewhere that are told of events, by signed messages (Standard Webhooks).",
    epilog="Example: tokenhouse webhook add https://alerts.example.com/tokenhouse",
)
WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK_ID", help="As `list` shows it.")]


@app.command()
@at_place
def add(
    place: Place,
    url: Annotated[str, typer.Argument(metavar="URL", help="https, or http to this machine.")],
    *,
    event: Annotated[
        list[str] | None,
        typer.Option(help="Only this, such as secret.leaked, or secret; may come again."),
    ] = None,
    json: Json = False,
) -> None:
    """Add a webhook and print, once, the secret that checks its messages.

    The first message to it tells that it was added.

    Example: tokenhouse webhook add https://alerts.example.com/tokenhouse --event secret.leaked
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import webhooks

    with place.open() as context:
        made, secret = context.database.write_now(
            lambda c: webhooks.add(c, context, OPERATOR, url, event or ())
        )
    if json:
        print_json({**shown.webhook(made), "secret": secret})
    else:
        print_table([("id", made.id), ("secret", secret)])


@app.command("list")
@at_place
def list_(place: Place, *, json: Json = False) -> None:
    """List the webhooks, oldest first.

    Example: tokenhouse webhook list --json
    """
    from tokenhouse.store.webhooks import every

    with place.open() as context:
        found = context.database.read_now(every)
    if json:
        print_json([shown.webhook(one) for one in found])
    else:
        print_table((one.id, one.url, one.events or "all events") for one in found)


@app.command()
@at_place
def delete(place: Place, webhook_id: WebhookId) -> None:
    """Delete a webhook with all that waits for it.

    Example: tokenhouse webhook delete 9b2f4a51-3c1d-4d0a-9e58-7d6c5b4a3f2e
    """
    from tokenhouse.actor import OPERATOR
    from tokenhouse.manage import webhooks

    with place.open() as context:
        context.database.write_now(lambda c: webhooks.remove(c, context, OPERATOR, webhook_id))
    typer.echo(f"Deleted {webhook_id}")


@app.command()
@at_place
def deliveries(
    place: Place,
    *,
    webhook: Annotated[
        str | None, typer.Option(metavar="WEBHOOK_ID", help="Only to this one.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """List the messages of the last 30 days, newest first; mail to people is among them.

    Example: tokenhouse webhook deliveries --limit 10
    """
    from tokenhouse.manage import webhooks
    from tokenhouse.store.deliveries import newest

    with place.open() as context:
        found = context.database.read_now(
            lambda c: webhooks.log(c, webhook, limit) if webhook else newest(c, limit)
        )
    if json:
        print_json([shown.delivery(one) for one in found])
    else:
        print_table(
            (
                rfc3339(one.created_at),
                one.type,
                one.webhook_id or "mail",
                one.state,
                one.attempts,
                one.error,
            )
            for one in found
        )


@app.command()
@at_place
def retry(place: Place, webhook_id: WebhookId) -> None:
    """Try again all that was given up for a webhook.

    Example: tokenhouse webhook retry 9b2f4a51-3c1d-4d0a-9e58-7d6c5b4a3f2e
    """
    from tokenhouse.manage import webhooks

    with place.open() as context:
        count = context.database.write_now(lambda c: webhooks.retry(c, context, webhook_id))
    typer.echo(f"{count} to be sent again")
