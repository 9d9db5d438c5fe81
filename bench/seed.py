"""Fill an installation: users and app credentials straight into its tables, secrets really sealed.

    python -m bench.seed --data-dir DIR [--database-url URL] [--credentials N] [--users N]

An empty place is made an installation first. The first user owns `--largest` credentials, the
others share the rest; all have the password that is printed. `--sample FILE` gets lines
`CLIENT_ID&client_secret=SECRET`, taken evenly from all, mode 0600.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from tokenhouse.context import Context
from tokenhouse.crypto.secrets import make_client_secret, make_id, make_password
from tokenhouse.manage.users import hashed_password
from tokenhouse.opening import open_context
from tokenhouse.settings import Settings
from tokenhouse.store.client_secrets import SEAL, client_secrets
from tokenhouse.store.clients import clients
from tokenhouse.store.database import Connection
from tokenhouse.store.users import users

Row = dict[str, Any]
PIECE = 10_000  # credentials a transaction
SAMPLE = 100_000  # lines
LARGEST = "user0@seed.example"  # owns the most
BEGUN = 1.7e9  # unix seconds: when the first credential was made, the others a second apart
CACHE = "PRAGMA cache_size=-500000"  # KiB: keys are random, so all of every index is written to


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.seed")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--database-url", help="PostgreSQL; SQLite in the data directory without")
    parser.add_argument("--credentials", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--users", type=int, default=100_000, help="(%(default)s)")
    parser.add_argument("--largest", type=int, default=10_000, help="of one user (%(default)s)")
    parser.add_argument("--sample", type=Path, metavar="FILE")
    return parser.parse_args(arguments)


def settings_of(place: Sequence[str]) -> Settings:
    """The settings that the options of a place come to."""
    chosen = options([*place])
    url = {"database_url": chosen.database_url} if chosen.database_url else {}
    return Settings(data_dir=chosen.data_dir, **url)


def user_row(number: int, password_hash: str) -> Row:
    """One user."""
    email = f"user{number}@seed.example"
    named = {"id": make_id(), "email": email, "email_key": email, "password_hash": password_hash}
    flags = {"is_active": True, "is_superuser": False, "is_verified": False}
    return {**named, **flags, "generation": 0, "created_at": BEGUN}


def add_users(connection: Connection, rows: Sequence[Row]) -> None:
    """Add users."""
    connection.execute(users.insert(), rows)


def credential_rows(
    context: Context, user_id: str, number: int, pair: tuple[str, str]
) -> tuple[Row, Row, str]:
    """One credential of that id and secret: its row, the secret's, and the secret in clear."""
    (client_id, secret), secret_id = pair, make_id()
    at = BEGUN + number
    client = {"client_id": client_id, "user_id": user_id, "name": "", "description": ""}
    flags = {"created_at": at, "disabled": False, "may_introspect": False, "generation": 0}
    row = {"secret_id": secret_id, "client_id": client_id, "label": "", "hint": secret[-4:]}
    sealed = context.sealer.seal(SEAL, secret_id, secret.encode())
    made_by = {"created_by": f"user:{user_id}"}
    return {**client, **flags, **made_by}, {**row, "sealed": sealed, "created_at": at}, secret


def owners(ids: Sequence[str], credentials: int, largest: int) -> Iterator[str]:
    """The owner of each credential."""
    for number in range(credentials):
        yield ids[0] if number < largest else ids[number % len(ids)]


def pairs() -> Iterator[tuple[str, str]]:
    """Ids and secrets without end."""
    while True:
        yield make_id(), make_client_secret()


def add(
    connection: Connection,
    context: Context,
    some: Sequence[tuple[int, str]],
    given: Iterable[tuple[str, str]] | None = None,
) -> list[str]:
    """Add credentials of these numbers and owners, with ids and secrets; lines for the sample."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(CACHE)
    made = [
        credential_rows(context, user_id, number, pair)
        for (number, user_id), pair in zip(some, given or pairs(), strict=False)
    ]
    connection.execute(clients.insert(), [client for client, _, _ in made])
    connection.execute(client_secrets.insert(), [row for _, row, _ in made])
    return [f"{client['client_id']}&client_secret={secret}" for client, _, secret in made]


def add_to(place: Sequence[str], owner_id: str, count: int) -> list[str]:
    """Add so many to a user of an installation that is there; their ids."""
    context = open_context(settings_of(place))
    some = [(number, owner_id) for number in range(count)]
    lines = context.database.write_now(partial(add, context=context, some=some))
    context.close()
    return [line.partition("&")[0] for line in lines]


def seed(context: Context, chosen: argparse.Namespace) -> tuple[str, list[str]]:
    """Add all; the password of everybody, and the sample."""
    password, sample = make_password(), list[str]()
    hashed = hashed_password(context, password)
    people = [user_row(number, hashed) for number in range(chosen.users)]
    console, write = Console(stderr=True), context.database.write_now
    for at in track(range(0, len(people), PIECE), "users", console=console):
        write(partial(add_users, rows=people[at : at + PIECE]))
    ids = [row["id"] for row in people]
    numbered = list(enumerate(owners(ids, chosen.credentials, chosen.largest)))
    every = max(1, chosen.credentials // SAMPLE)
    for at in track(range(0, len(numbered), PIECE), "credentials", console=console):
        lines = write(partial(add, context=context, some=numbered[at : at + PIECE]))
        sample += lines[::every]
    random.shuffle(sample)
    return password, sample


def main() -> int:
    """Seed, and say how long it took."""
    chosen, begun = options(), time.monotonic()
    context = open_context(settings_of(sys.argv[1:]), create=True)
    password, sample = seed(context, chosen)
    context.close()
    if chosen.sample:
        with os.fdopen(os.open(chosen.sample, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.writelines(line + "\n" for line in sample)
    print(f"{LARGEST} owns {min(chosen.largest, chosen.credentials):,}; password: {password}")
    print(f"{chosen.credentials:,} credentials of {chosen.users:,} users", end=" ")
    print(f"in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
