"""Table `token_counts`: what is added up, what is forgotten, what is given back."""

import time

from tests.store.rows import new_id
from tokenhouse.store import token_counts
from tokenhouse.store.database import Database
from tokenhouse.store.token_counts import DAY, HOUR, Counted, begin, pieces

NOW = 1_700_000_000.0


def record(store: Database, counted: dict[str, int], now: float = NOW) -> None:
    store.write_now(lambda c: token_counts.record(c, counted, now))


def of(store: Database, client_id: str, span: int) -> dict[int, int]:
    return store.read_now(lambda c: token_counts.of_client(c, client_id, span, 0))


def test_counts_of_one_span_are_added(store: Database) -> None:
    one, other = new_id(), new_id()
    record(store, {one: 3, other: 1})
    record(store, {one: 4}, NOW + 1)
    record(store, {one: 5}, NOW + HOUR)
    assert of(store, one, HOUR) == {begin(NOW, HOUR): 7, begin(NOW, HOUR) + HOUR: 5}
    assert of(store, one, DAY) == {begin(NOW, DAY): 12}
    assert of(store, other, HOUR) == {begin(NOW, HOUR): 1}


def test_old_counts_are_forgotten_a_piece_at_a_time(store: Database) -> None:
    one = new_id()
    for days in range(40):
        record(store, {one: 1}, NOW - days * DAY)
    while store.write_now(lambda c: token_counts.purge(c, NOW, most=7)):
        pass
    assert sorted(of(store, one, HOUR)) == [begin(NOW - days * DAY, HOUR) for days in (1, 0)]
    assert len(of(store, one, DAY)) == 31
    store.write_now(lambda c: token_counts.purge(c, time.time()))  # others' rows stay as they are
    assert of(store, one, DAY) == {}


def test_what_is_given_back_is_counted_with_what_came_since() -> None:
    counted = Counted()
    many = [new_id() for _ in range(600)]
    for client_id in many:
        counted.note(client_id)
    taken = counted.take()
    parts = pieces(taken)
    first = next(parts)
    counted.note(many[0])
    counted.give_back(first | taken)
    again = counted.take()
    assert sum(again.values()) == 601
    assert again[many[0]] == 2
    assert [len(part) for part in pieces(again)] == [250, 250, 100]
    assert counted.take() == {}
