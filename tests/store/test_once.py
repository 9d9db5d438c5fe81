"""Tables `used_once`, `revoked_tokens`, `failures`, `scopes`, `signing_keys`, `installation`."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest
from sqlalchemy import Connection, func, select

from tests.store.rows import add_client, add_user, new_id
from tokenhouse.store import (
    client_secrets,
    failures,
    installation,
    migrations,
    revoked_tokens,
    scopes,
    signing_keys,
    used_once,
)
from tokenhouse.store.database import Database, Unavailable
from tokenhouse.store.scopes import Scope
from tokenhouse.store.signing_keys import SigningKey

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def fresh() -> bytes:
    return secrets.token_bytes(16)


def test_first_use_is_first_also_within_a_batch(store: Database) -> None:
    one, other, third = fresh(), fresh(), fresh()
    uses = [(one, 50.0), (other, 50.0), (one, 60.0)]
    assert store.write_now(lambda c: used_once.record(c, uses)) == [True, True, False]
    again = [(third, 50.0), (other, 70.0)]
    assert store.write_now(lambda c: used_once.record(c, again)) == [True, False]


def test_batch_of_the_token_path_tells_first_uses_from_others(store: Database) -> None:
    """Whether all of it are first ones, or one is in it twice, was used, or ended too long ago."""
    one, other, third, fourth, fifth = ((fresh(), 50.0) for _ in range(5))
    long_ago = (fresh(), 0.0)

    async def recorded(*uses: tuple[bytes, float]) -> list[bool]:
        return await asyncio.gather(*map(record.ask, uses))

    record = store.batched_write(used_once.record)

    async def in_turn() -> None:
        assert await recorded(one, other) == [True, True]
        assert await recorded(third, third) == [True, False]
        assert await recorded(other, fourth) == [False, True]
        assert await recorded(fifth, long_ago) == [True, False]
        assert await recorded(one, third, fourth, fifth, long_ago) == [False] * 5

    asyncio.run(in_turn())


def test_of_many_batches_at_once_each_use_is_first_in_one(store: Database) -> None:
    """The batches overlap in opposite orders, which must not end in a deadlock."""
    uses = [(fresh(), 50.0) for _ in range(40)]
    batches = [uses if number % 2 else uses[::-1] for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        records = [partial(used_once.record, uses=batch) for batch in batches]
        answers: list[list[bool]] = list(threads.map(store.write_now, records))
    in_order = [a if number % 2 else a[::-1] for number, a in enumerate(answers)]
    assert [sum(firsts) for firsts in zip(*in_order, strict=True)] == [1] * 40


def test_write_whose_connection_broke_is_not_tried_again(postgresql_database: str) -> None:
    """Tried twice, it could meet its own first try and call a good assertion a replay."""
    database, use = Database(postgresql_database), (fresh(), 50.0)
    database.alone_now(migrations.upgrade)
    database.write_now(lambda c: installation.add(c, b"sealed", migrations.COMPATIBLE_FROM, 1.5))

    async def meanwhile() -> None:
        record = database.batched_write(used_once.record)
        assert await record.ask((fresh(), 50.0))
        with psycopg.connect(postgresql_database, autocommit=True) as other:
            other.execute(END_OTHERS)
        with pytest.raises(Unavailable):
            await record.ask(use)
        assert await record.ask(use)
        assert not await record.ask(use)

    asyncio.run(meanwhile())
    database.close()


def test_purge_forgets_only_what_ended_long_ago(store: Database) -> None:
    now = used_once.KEEP + 30.0  # before the ends that other tests use: the mark never goes back
    uses = [(fresh(), 29.0), (fresh(), 31.0)]
    assert store.write_now(lambda c: used_once.record(c, uses)) == [True, True]

    def purge_for_an_hour(connection: Connection) -> int:
        minutes = [now + 60 * minute for minute in range(64)]
        parts = {part for minute in minutes for part in used_once.parts(minute)}
        return sum(used_once.purge(connection, now, part) for part in parts)

    assert store.write_now(purge_for_an_hour) == 1
    assert store.write_now(purge_for_an_hour) == 0
    # What was forgotten counts as used, whatever a clock says later; and so does what ends before.
    uses.append((fresh(), 29.0))
    assert store.write_now(lambda c: used_once.record(c, uses)) == [False, False, False]


def test_revoked_token_is_known_until_long_after_its_end(store: Database) -> None:
    now = 20_000_000.0
    old, recent, good = new_id(), new_id(), new_id()
    for jti, end in ((old, now - revoked_tokens.KEEP - 1), (recent, now + 1), (recent, now + 9)):
        revoke = partial(revoked_tokens.add, jti=jti, client_id=new_id(), user_id=new_id())
        store.write_now(partial(revoke, ends_at=end, now=now))
    ask = [good, recent, old]
    assert store.read_now(lambda c: revoked_tokens.are_revoked(c, ask)) == [False, True, True]
    assert store.read_now(lambda c: revoked_tokens.living(c, now))[recent] == now + 1
    while store.write_now(lambda c: revoked_tokens.purge(c, now, most=1)):
        pass
    assert store.read_now(lambda c: revoked_tokens.are_revoked(c, ask)) == [False, True, False]


def test_parallel_failures_are_all_counted(store: Database) -> None:
    keys = [failures.key("account", new_id()), failures.key("source", new_id())]
    most = dict.fromkeys(keys, 10)

    def attempt(number: int) -> float:
        order = dict(most if number % 2 else reversed(most.items()))
        return store.write_now(lambda c: failures.count(c, order, 1000.0))[0]

    with ThreadPoolExecutor(4) as threads:
        waits = list(threads.map(attempt, range(20)))
    assert waits.count(0.0) == 10  # the rest were told to wait, and not counted
    standing = store.read_now(lambda c: failures.standing(c, keys))
    assert {len(one.times) for one in standing} == {10}


def test_many_sources_that_guess_at_a_client_make_no_look_at_it_longer(store: Database) -> None:
    client = add_client(store, add_user(store))
    of = {failures.key("client", client.client_id, new_id()): client.client_id for _ in range(500)}

    def guess(connection: Connection) -> tuple[bool, int]:
        rows = failures.held(connection, of)
        counted = {key: row.counted(1000.0, most=2) for key, row in rows.items()}
        failures.save(connection, counted, of)
        table = failures.failures.c
        about = select(func.count()).where(table.client_id == client.client_id)
        known = client_secrets.known(connection, [client.client_id])[0]
        return known is not None and known.waits, connection.execute(about).scalar_one()

    assert store.write_now(guess) == (False, 0)  # nobody waits: there is no row to pass over
    assert store.write_now(guess) == (True, 500)  # which tells one thing, and not of each


def test_scope_is_defined_once_and_joined_for_the_token_path(store: Database) -> None:
    names = [f"{letter}:{new_id()}" for letter in "ba"]
    for name in names:
        assert store.write_now(partial(scopes.add, scope=Scope(name, "", 1.0)))
        assert not store.write_now(partial(scopes.add, scope=Scope(name, "again", 2.0)))
    defined = store.read_now(scopes.names) or ()
    assert [name for name in defined if name in names] == names[::-1]
    for name in names:
        assert store.write_now(partial(scopes.delete, name=name))
        assert not store.write_now(partial(scopes.delete, name=name))


def test_signing_keys_come_newest_first(store: Database) -> None:
    keys = [
        SigningKey(new_id(), 900 + at, "ES256", fresh(), 50.5 + at, 60.5 + at) for at in range(3)
    ]
    for key in keys:
        store.write_now(partial(signing_keys.add, key=key))
    found = store.read_now(signing_keys.every)
    assert [key for key in found if key in keys] == keys[::-1]


def test_installation_says_which_programs_fit(store: Database) -> None:
    assert store.read_now(installation.sealed_check) == b"sealed"
    assert store.read_now(installation.compatible_from) == migrations.COMPATIBLE_FROM
