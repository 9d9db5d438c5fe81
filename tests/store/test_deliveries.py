"""Table `deliveries`: each attempt is one process's, and one that is cut off comes again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from tests.store.rows import new_id
from tokenhouse.store import deliveries
from tokenhouse.store.database import Database
from tokenhouse.store.deliveries import KEEP, MOST_ATTEMPTS, WAITS, Delivery

NOW = 1000.0


@dataclass(frozen=True)
class Queue:
    """What waits for one receiver."""

    store: Database
    receiver: str

    def add(self, *made_at: float) -> list[str]:
        """Queue one for each time; their ids."""
        new = [Delivery(new_id(), self.receiver, None, "x.y", "{}", at) for at in made_at]
        self.store.write_now(partial(deliveries.add, new=new))
        return [one.id for one in new]

    def take(self, now: float) -> Delivery | None:
        """Take what is due."""
        take = partial(deliveries.take, webhook_id=self.receiver, now=now)
        return self.store.write_now(take)

    def is_due(self, now: float) -> bool:
        """Whether anything is."""
        return self.receiver in self.store.read_now(partial(deliveries.receivers, now=now))


def queue(store: Database) -> Queue:
    """A receiver that nobody else sends to."""
    return Queue(store, new_id())


def test_oldest_is_taken_first_and_its_next_attempt_put_off(store: Database) -> None:
    mine = queue(store)
    young, old = mine.add(NOW, NOW - 1)
    assert not mine.is_due(NOW - 2)
    assert mine.is_due(NOW)
    taken = [mine.take(NOW) for _ in range(3)]
    assert [one and one.id for one in taken] == [old, young, None]
    assert not mine.is_due(NOW + WAITS[0] - 1)
    assert mine.is_due(NOW + WAITS[0])


def test_attempts_are_further_and_further_apart(store: Database) -> None:
    mine, now = queue(store), NOW
    mine.add(now)
    for attempt, wait in enumerate((*WAITS, WAITS[-1]), 1):
        taken = mine.take(now)
        assert taken is not None
        assert (taken.attempts, taken.next_at) == (attempt, now + wait)
        assert mine.take(now + wait - 0.5) is None
        now += wait
    assert len(WAITS) + 1 == MOST_ATTEMPTS


def test_of_many_at_once_each_is_taken_once(store: Database) -> None:
    mine = queue(store)
    ids = mine.add(*[NOW] * 8)
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(mine.take, [NOW] * 16))
    assert sorted(one.id for one in taken if one) == sorted(ids)


def test_what_has_ended_is_not_taken_again_and_is_forgotten(store: Database) -> None:
    mine = queue(store)
    good, bad = mine.add(NOW, NOW)
    store.write_now(partial(deliveries.end, id_=good))
    store.write_now(partial(deliveries.end, id_=bad, error="x" * 300))
    assert mine.take(NOW + 1) is None
    mine.add(NOW + KEEP)
    assert store.write_now(partial(deliveries.purge, now=NOW + KEEP + 1)) >= 2
    assert mine.is_due(NOW + KEEP)
