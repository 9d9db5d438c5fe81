"""My credentials: the list, and making a new one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tokenhouse.client_auth import METHODS
from tokenhouse.console.page import Page, Visit
from tokenhouse.console.templates import last_day
from tokenhouse.manage import credentials, leaks
from tokenhouse.manage.credentials import NewCredential
from tokenhouse.store import last_used

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tokenhouse.store.clients import Client
    from tokenhouse.store.database import Connection
    from tokenhouse.store.last_used import LastUse

MOST_NAME = 200
METHOD_NAMES = tuple(method.name for method in METHODS)
FIELDS = frozenset({"name", "expires_on", *METHOD_NAMES})
_LATEST = 9998  # a year that can be written in every time zone


class Listed(NamedTuple):
    """A credential and its last use."""

    client: Client
    use: LastUse | None


class Fields(NamedTuple):
    """What the form says, as it is kept, and what is wrong with it by field."""

    name: str
    expires_at: float | None
    auth_methods: tuple[str, ...] | None
    errors: Mapping[str, str]


def read_fields(visit: Visit, before: Client | None = None) -> Fields:
    """Read the fields that a new and a changed credential share.

    Args:
        visit: with the form.
        before: the credential as it is; whoever leaves the day alone keeps its very moment.

    """
    errors: dict[str, str] = {}
    name = visit.asked("name").strip()
    if len(name) > MOST_NAME or not name.isprintable():
        errors["name"] = f"Use at most {MOST_NAME} letters, on one line."
    expires_at = before.expires_at if before else None
    on = visit.asked("expires_on")
    if not on:
        expires_at = None
    elif on != last_day(expires_at):
        try:
            day = datetime.strptime(on, "%Y-%m-%d").replace(tzinfo=UTC)
            expires_at = (day + timedelta(days=1)).timestamp() if day.year <= _LATEST else 0.0
        except ValueError:
            expires_at = 0.0
        if expires_at <= visit.context.clock():
            errors["expires_on"] = "Give a day that is not over, as 2027-12-31; empty: never."
    methods = tuple(method for method in METHOD_NAMES if visit.asked(method))
    return Fields(name, expires_at, methods or None, errors)


def listed(connection: Connection, found: list[Client]) -> list[Listed]:
    """Put the last use beside each credential."""
    uses = last_used.of_clients(connection, [client.client_id for client in found])
    return [Listed(client, uses.get(client.client_id)) for client in found]


async def show(visit: Visit) -> Response:
    """List the person's own."""
    context, actor = visit.context, visit.actor
    found, leaked = await context.database.read(
        lambda c: (
            listed(c, credentials.list_own(c, actor)),
            leaks.notices(c, context, actor.user_id),
        )
    )
    return visit.page("credentials.html", found=found, leaked=leaked)


async def ask(visit: Visit) -> Response:
    """Show the form of a new one."""
    return visit.page("credential_new.html", errors={}, methods=METHOD_NAMES)


async def create(visit: Visit) -> Response:
    """Make a new one; its secret is on the next page, once."""
    fields = read_fields(visit)
    if fields.errors:
        return visit.unfit("credential_new.html", dict(fields.errors), methods=METHOD_NAMES)
    new = NewCredential(fields.name, expires_at=fields.expires_at, auth_methods=fields.auth_methods)
    context, actor = visit.context, visit.actor
    client, secret = await context.database.write(
        lambda c: credentials.create(c, context, actor, new)
    )
    return visit.go_and_show(f"/credentials/{client.client_id}/secret", secret=secret)


PAGES = (
    Page("", show),
    Page("/credentials", show),
    Page("/credentials/new", ask, create, fields=FIELDS),
)
