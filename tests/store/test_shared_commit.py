"""Writes that share a commit: each is whole or not there, whatever becomes of the others."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from tests.store.rows import new_id
from tokenhouse.store import migrations, scopes
from tokenhouse.store.database import Connection, Database
from tokenhouse.store.scopes import Scope


@pytest.fixture
def own(empty: Database) -> Database:
    """A database of the test's own, for one event loop."""
    empty.alone_now(migrations.upgrade)
    return empty


class RefusedError(Exception):
    """What a write may say."""


def add(connection: Connection, name: str) -> bool:
    return scopes.add(connection, Scope(name, "", 1.0))


def add_and_refuse(connection: Connection, name: str) -> bool:
    add(connection, name)
    raise RefusedError(name)


def there(own: Database) -> set[str]:
    return {scope.name for scope in own.read_now(scopes.every)}


async def together(own: Database, *works: Callable[[Connection], bool]) -> list[object]:
    writes = (own.write_together(work) for work in works)
    return await asyncio.gather(*writes, return_exceptions=True)


def test_refusal_takes_back_its_own_and_nothing_else(own: Database) -> None:
    good, bad = [new_id() for _ in range(6)], [new_id() for _ in range(2)]
    works = [partial(add, name=name) for name in good]
    works[2:2] = [partial(add_and_refuse, name=bad[0])]
    works.append(partial(add_and_refuse, name=bad[1]))
    answers = asyncio.run(together(own, *works))
    refused = [answer for answer in answers if isinstance(answer, RefusedError)]
    assert [answer for answer in answers if answer is True] == [True] * len(good)
    assert [error.args for error in refused] == [(name,) for name in bad]
    assert there(own) >= set(good)
    assert not there(own) & set(bad)


def test_each_sees_what_those_before_it_did(own: Database) -> None:
    name = new_id()
    answers = asyncio.run(together(own, *[partial(add, name=name)] * 3))
    assert sorted(map(bool, answers)) == [False, False, True]


@pytest.mark.parametrize("number", [2, 40, 300])
def test_all_are_there_when_they_are_answered(own: Database, number: int) -> None:
    names = [new_id() for _ in range(number)]
    answers = asyncio.run(together(own, *(partial(add, name=name) for name in names)))
    assert answers == [True] * number
    assert there(own) >= set(names)
