"""Table `users`: e-mail addresses are one person's, however they are written."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.store.rows import add_user, new_id
from tokenhouse.store import users
from tokenhouse.store.database import Database
from tokenhouse.store.users import EmailTaken


def test_user_comes_back_as_it_was_put_in(store: Database) -> None:
    user = add_user(store, is_superuser=True, tokens_ended_at=3.5)
    assert store.read_now(lambda c: users.by_ids(c, [new_id(), user.id])) == [None, user]
    found = store.read_now(lambda c: users.by_email(c, user.email.upper()))
    assert found == user
    assert found is not None
    assert found.is_superuser is True


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        pytest.param("Straße", "STRASSE", id="casefold"),
        pytest.param("ﬁne", "fine", id="ligature"),
        pytest.param("e\u0301te\u0301", "\u00e9t\u00e9", id="composed"),
        pytest.param("\uff37\uff29\uff24\uff25", "wide", id="width"),
    ],
)
def test_email_compares_by_its_key(store: Database, kept: str, asked: str) -> None:
    domain = f"@{new_id()}.example"
    user = add_user(store, email=kept + domain)
    assert store.read_now(lambda c: users.by_email(c, asked + domain)) == user
    with pytest.raises(EmailTaken):
        add_user(store, email=asked + domain)


def test_of_many_who_add_one_email_at_once_one_wins(store: Database) -> None:
    email = f"{new_id()}@people.example"

    def add(_: int) -> bool:
        try:
            add_user(store, email=email)
        except EmailTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(add, range(24))) == [False] * 23 + [True]


def test_ending_tokens_moves_the_generation_on_each_time(store: Database) -> None:
    user = add_user(store)
    with ThreadPoolExecutor(4) as threads:
        ends = [
            threads.submit(store.write_now, lambda c: users.end_tokens(c, user.id, 7.0))
            for _ in range(12)
        ]
        for end in ends:
            end.result()
    found = store.read_now(lambda c: users.by_ids(c, [user.id]))
    assert found == [user._replace(generation=12, tokens_ended_at=7.0)]


def test_blanked_user_frees_the_email_and_keeps_the_id(store: Database) -> None:
    user = add_user(store)
    store.write_now(lambda c: users.blank(c, user.id))
    again = add_user(store, email=user.email)
    found = store.read_now(lambda c: users.by_ids(c, [user.id, again.id]))
    assert found[0] is not None
    assert (found[0].email, found[0].is_active) == ("", False)
    assert found[1] == again
    assert user.id not in {one.id for one in store.read_now(users.every)}
