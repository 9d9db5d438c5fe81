"""Secrets that were found where they should not be: ended at once, and their owners told.

A reported secret comes without its client. It is found by its hint, the four last characters that
are kept of each in clear, and then compared with what is sealed (docs/decisions/0080).
"""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tokenhouse.audit import Event
from tokenhouse.crypto.secrets import hint, is_well_formed
from tokenhouse.log import redacted
from tokenhouse.manage.deliveries import queue_mail
from tokenhouse.store import audit_events, client_secrets, clients
from tokenhouse.store.audit_events import Sought

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tokenhouse.context import Context
    from tokenhouse.store.client_secrets import ClientSecret
    from tokenhouse.store.clients import Client
    from tokenhouse.store.database import Connection

SECRET_LEAKED, TOKEN_LEAKED = "secret.leaked", "token.leaked"
_MOST_DETAIL = 1024
_SHOWN_FOR = 30 * 86400.0  # seconds
_MOST_SHOWN = 20
_TEXT = """\
Hello,

{what} was reported to {service} as leaked{where}.

It is revoked. {then}

Whoever had it could act for you until now. Look whether you know all that {service} lists for
you: the credential's other secrets and its keys, and the credentials that it made.
"""
_ENDED = "So are all access tokens of the credential. "
_LAST = _ENDED + "It was the last secret: its programs need a new one."
_MORE = _ENDED + "Programs that use another of its secrets go on by themselves."
_TOKEN = "The program that it was issued to gets another by itself."  # noqa: S105 - a sentence


class Found(NamedTuple):
    """Where a secret was found, and who says so."""

    url: str
    source: str
    reported_by: str

    @property
    def details(self) -> Mapping[str, str]:
        """The same as part of an event; the address may hold the very secret."""
        told = ("url", self.url), ("source", self.source)
        shown = {name: redacted(text)[:_MOST_DETAIL] for name, text in told if text}
        return {**shown, "reported_by": self.reported_by}


class Notice(NamedTuple):
    """What the owner is shown of a leak: when (unix seconds), which secret, found where."""

    at: float
    client: Client
    hint: str
    url: str


def end_secrets(
    connection: Connection, context: Context, reported: Mapping[str, Found]
) -> tuple[set[str], list[Event]]:
    """Revoke the client secrets among the reported texts, and all tokens of their credentials.

    A credential's other secrets stay good. A credential may be left without any.

    Returns:
        The texts that are secrets of ours, or were until a moment ago; what is to be recorded.

    """
    found = list(_find(connection, context, reported))
    found.sort(key=lambda one: one[1].client_id)  # two reports at once never wait for each other
    ended = [_end(connection, context, row, reported[text]) for text, row in found]
    return {text for text, _ in found}, [event for event in ended if event is not None]


def _find(
    connection: Connection, context: Context, texts: Iterable[str]
) -> Iterator[tuple[str, ClientSecret]]:
    by_hint: dict[str, list[str]] = {}
    for text in filter(is_well_formed, texts):
        by_hint.setdefault(hint(text), []).append(text)
    for row in client_secrets.with_hints(connection, by_hint):
        clear = context.sealer.open(client_secrets.SEAL, row.secret_id, row.sealed)
        for text in by_hint[row.hint]:
            if hmac.compare_digest(clear, text.encode()):
                yield text, row


def _end(
    connection: Connection, context: Context, leaked: ClientSecret, found: Found
) -> Event | None:
    client, now = clients.find(connection, leaked.client_id, held=True), context.clock()
    rows = client_secrets.of_client(connection, leaked.client_id)
    others = [row for row in rows if row.secret_id != leaked.secret_id]
    if client is None or len(others) == len(rows):
        return None  # somebody else has ended it meanwhile
    client_secrets.remove(connection, leaked.secret_id)
    clients.end_tokens(connection, now, client_id=client.client_id)
    left = sum(row.known.is_live(now) for row in others)
    details = {"credential": client.client_id, "hint": leaked.hint, "secrets_left": left}
    target = f"secret:{leaked.secret_id}"
    return Event(SECRET_LEAKED, target, client.user_id, details={**details, **found.details})


def of_token(revoked: Event, found: Found) -> Event:
    """Make the event of an access token's revocation that of its leak."""
    details = {**revoked.details, **found.details}
    return Event(TOKEN_LEAKED, revoked.target, revoked.user_id, details=details)


def tell(connection: Connection, context: Context, events: Iterable[Event]) -> None:
    """Let mail go to the owners of what has leaked, in the transaction that ends it."""
    service = context.settings.issuer
    subject = f"A secret of yours has leaked and is revoked, at {urlsplit(service).hostname}"
    for event in events:
        details = event.details
        where = f": {details['url']}" if "url" in details else ""
        if event.action == SECRET_LEAKED:
            what = f"A client secret of {details['credential']} that ends in {details['hint']}"
            then = _MORE if details["secrets_left"] else _LAST
        else:
            what, then = f"An access token of {details['client_id']}", _TOKEN
        text = _TEXT.format(what=what, service=service, where=where, then=then)
        queue_mail(connection, context, event, (subject, text))


def notices(connection: Connection, context: Context, user_id: str) -> list[Notice]:
    """Return the leaks of a month that a person has not yet answered by a new secret."""
    since = context.clock() - _SHOWN_FOR
    sought = Sought(user_id, SECRET_LEAKED, since=since)
    shown: list[Notice] = []
    for event in audit_events.page(connection, sought, limit=_MOST_SHOWN):
        details = json.loads(event.details)
        client = clients.find(connection, details["credential"])
        secrets = client_secrets.of_client(connection, details["credential"])
        if client is not None and all(row.created_at < event.at for row in secrets):
            shown.append(Notice(event.at, client, details["hint"], details.get("url", "")))
    return shown
