"""The reads of the token path on PostgreSQL: by index, also in tables that nobody has analyzed."""

import asyncio
import time

import psycopg

from tests.store.rows import add_client, add_user
from tokenhouse.store import client_secrets, clients, installation, migrations, users
from tokenhouse.store.database import Database

SCANS = """
SELECT sum(seq_scan) FROM pg_stat_user_tables
WHERE relname IN ('clients', 'client_secrets', 'users', 'failures', 'scopes')
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def whole_tables_read(url: str) -> int:
    """How often so far; a connection tells what it did when it ends."""
    with psycopg.connect(url, autocommit=True) as asking:
        last = time.monotonic() + 10
        while (row := asking.execute(OTHERS).fetchone()) and row[0]:
            assert time.monotonic() < last, "connections that do not end"
            time.sleep(0.05)
        found = asking.execute(SCANS).fetchone()
        assert found is not None
        return int(found[0])


def test_batch_reads_no_whole_table(postgresql_database: str) -> None:
    url = postgresql_database
    store = Database(url)
    store.alone_now(migrations.upgrade)
    store.write_now(lambda c: installation.add(c, b"sealed", migrations.COMPATIBLE_FROM, 1.5))
    user = add_user(store)
    ids = [add_client(store, user).client_id for _ in range(40)]
    store.close()
    before = whole_tables_read(url)

    async def ask() -> None:
        """Ask for one and for many, more often than a plan is made anew for each."""
        known = store.batched_read(client_secrets.known)
        owned, people = store.batched_read(clients.by_ids), store.batched_read(users.by_ids)
        for number in (1, 40, 1, 16, 40, 1, 16, 40, 1, 16, 40):
            found = await asyncio.gather(*map(known.ask, ids[:number]))
            assert [one and one.owned.client_id for one in found] == ids[:number]
            assert all(await asyncio.gather(*map(owned.ask, ids[:number])))
            assert await people.ask(user.id)

    store = Database(url)
    asyncio.run(ask())
    store.close()
    assert whole_tables_read(url) == before
