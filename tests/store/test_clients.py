"""Tables `clients` and `client_secrets`: what is put in comes out, and deleting reaches all."""

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from tests.store.rows import add_client, add_secret, add_user, new_id
from tokenhouse.manage.credentials import delete_all
from tokenhouse.store import client_secrets, clients, users
from tokenhouse.store.database import Connection, Database

if TYPE_CHECKING:
    from tokenhouse.store.clients import Client


def test_client_comes_back_as_it_was_put_in(store: Database) -> None:
    user = add_user(store)
    client = add_client(
        store,
        user,
        name="名前 🗝",
        expires_at=1.75,
        disabled=True,
        auth_methods="client_secret_jwt",
        scopes="read write",
        jwks='{"keys": []}',
        tokens_ended_at=2.5,
    )
    assert store.read_now(lambda c: clients.find(c, client.client_id)) == client
    found = store.read_now(lambda c: clients.by_ids(c, [client.client_id]))
    assert found == [client.owned(active=True)]
    assert found[0] is not None
    assert found[0].disabled is True  # a true boolean, not SQLite's 1


def test_lookup_answers_in_order_with_repetitions_and_absences(store: Database) -> None:
    user = add_user(store)
    one, other = add_client(store, user), add_client(store, user)
    store.write_now(lambda c: users.change(c, user.id, is_active=False))
    keys = [other.client_id, new_id(), one.client_id, other.client_id, "'; --", "é" * 36]
    found = store.read_now(lambda c: clients.by_ids(c, keys))
    assert found == [
        other.owned(active=False),
        None,
        one.owned(active=False),
        other.owned(active=False),
        None,
        None,
    ]
    assert store.read_now(lambda c: clients.by_ids(c, [])) == []


def test_known_brings_every_secret(store: Database) -> None:
    user = add_user(store)
    client, bare = add_client(store, user), add_client(store, user)
    secrets = [add_secret(store, client), add_secret(store, client, expires_at=7.5)]
    found = store.read_now(
        lambda c: client_secrets.known(c, [bare.client_id, client.client_id, new_id()])
    )
    assert found[0] is not None
    assert found[1] is not None
    assert (found[0].owned, found[0].secrets) == (bare.owned(active=True), ())
    assert set(found[1].secrets) == {secret.known for secret in secrets}
    assert found[2] is None
    assert store.read_now(lambda c: client_secrets.of_client(c, client.client_id)) == secrets


def test_pages_go_through_all_once_also_where_times_are_equal(store: Database) -> None:
    user = add_user(store)
    made = [add_client(store, user, created_at=5.0 + number // 3) for number in range(10)]
    add_client(store, add_user(store))
    seen: list[Client] = []
    after: tuple[float, str] | None = None
    while page := store.read_now(partial(clients.of_user, user_id=user.id, limit=4, after=after)):
        seen += page
        after = (page[-1].created_at, page[-1].client_id)
    assert seen == sorted(made, key=lambda client: (client.created_at, client.client_id))


def test_client_needs_an_owner(store: Database) -> None:
    stranger = add_user(store)
    with pytest.raises(IntegrityError):
        add_client(store, stranger, user_id=new_id())


def test_deleting_takes_all_that_it_made_and_no_other(store: Database) -> None:
    user = add_user(store)
    top = add_client(store, user)
    child = add_client(store, user, parent_id=top.client_id)
    grandchild = add_client(store, user, parent_id=child.client_id)
    other = add_client(store, user)
    marked = store.write_now(lambda c: clients.delete(c, clients.family(top.client_id), 9.0))
    assert len(marked) == 3
    kept = store.read_now(lambda c: clients.of_user(c, user.id))
    assert [client.client_id for client in kept] == [other.client_id]
    again = store.write_now(lambda c: clients.delete(c, clients.family(top.client_id), 10.0))
    assert again == []
    found = store.read_now(lambda c: clients.by_ids(c, [grandchild.client_id]))
    assert found[0] is not None
    assert found[0].deleted_at == 9.0


def test_client_that_is_held_waits_for_nobody_else(store: Database) -> None:
    """A change that holds a client is whole before another one of it begins."""
    client = add_client(store, add_user(store))
    held, order = threading.Event(), list[str]()

    def slow(connection: Connection) -> None:
        clients.find(connection, client.client_id, held=True)
        held.set()
        other.join(0.3)  # it cannot get through meanwhile
        order.append("first")
        clients.change(connection, client.client_id, name="first")

    def quick(connection: Connection) -> None:
        found = clients.find(connection, client.client_id, held=True)
        order.append(f"second, after {found.name if found else None}")

    other = threading.Thread(target=lambda: (held.wait(), store.write_now(quick)))
    other.start()
    store.write_now(slow)
    other.join()
    assert order == ["first", "second, after first"]


def test_deleting_reaches_what_is_just_being_made(store: Database) -> None:
    """A program two steps down makes a credential, and has not committed it yet."""
    user = add_user(store)
    top = add_client(store, user)
    child = add_client(store, user, parent_id=top.client_id)
    making, deleting = threading.Event(), threading.Event()
    new_client = child._replace(client_id=new_id(), parent_id=child.client_id)

    def make(connection: Connection) -> None:
        assert clients.find(connection, child.client_id, held=True)
        clients.add(connection, new_client)
        making.set()
        deleting.wait()
        time.sleep(0.2)  # so that the deleting statement waits for this transaction

    def delete(connection: Connection) -> None:
        deleting.set()
        delete_all(connection, clients.family(top.client_id), 9.0)

    maker = threading.Thread(target=store.write_now, args=(make,))
    maker.start()
    making.wait()
    if store.is_sqlite:  # where it waits before its first statement
        deleting.set()
    store.write_now(delete)
    maker.join()
    assert store.read_now(lambda c: clients.of_user(c, user.id)) == []
    assert store.read_now(lambda c: clients.find(c, new_client.client_id)) is None
