"""Table `leases`: one holder at a time, whoever asks and whatever the clocks say."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.store.rows import new_id
from tokenhouse.store import leases
from tokenhouse.store.database import Database

SECONDS = 90.0
NOW = 1000.0


def take(store: Database, name: str, holder: str, now: float) -> bool:
    return store.write_now(partial(leases.take, name=name, holder=holder, now=now, seconds=SECONDS))


def test_holder_keeps_it_until_it_ends(store: Database) -> None:
    name, one, other = new_id()[:32], new_id(), new_id()
    assert take(store, name, one, NOW)
    assert not take(store, name, other, NOW + SECONDS - 1)
    assert take(store, name, one, NOW + SECONDS - 1)
    assert not take(store, name, other, NOW + SECONDS + 1)
    assert take(store, name, other, NOW + 2 * SECONDS)
    assert not take(store, name, one, NOW + 2 * SECONDS)
    assert take(store, new_id()[:32], one, NOW)


def test_of_many_at_once_one_takes_it(store: Database) -> None:
    name, holders = new_id()[:32], [new_id() for _ in range(20)]
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(partial(take, store, name, now=NOW), holders))
    assert sum(taken) == 1


def test_holder_whose_clock_was_ahead_keeps_nobody_out(store: Database) -> None:
    name, ahead, right = new_id()[:32], new_id(), new_id()
    assert take(store, name, ahead, NOW + 3600)
    assert take(store, name, right, NOW)
