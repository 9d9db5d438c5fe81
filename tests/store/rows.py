"""Rows to put into tables, each with an identity of its own."""

import itertools
import time
import uuid
from typing import Any

from tokenhouse.store import client_secrets, clients, users
from tokenhouse.store.client_secrets import ClientSecret
from tokenhouse.store.clients import Client
from tokenhouse.store.database import Database
from tokenhouse.store.users import User

_numbers = itertools.count()


def new_id() -> str:
    """A UUID."""
    return str(uuid.uuid4())


def add_user(store: Database, **values: Any) -> User:
    """Add a user; `values` are columns that are to be other than usual."""
    id_ = new_id()
    email = f"{id_}@people.example"
    usual: dict[str, Any] = {
        "id": id_,
        "email": email,
        "email_key": users.email_key(values.get("email", email)),
        "password_hash": "$hash",
        "is_active": True,
        "is_superuser": False,
        "is_verified": True,
        "generation": 0,
        "created_at": time.time(),
    }
    user = User(**(usual | values))
    store.write_now(lambda c: users.add(c, user))
    return user


def add_client(store: Database, user: User, **values: Any) -> Client:
    """Add a client of a user, each made a second after the one before."""
    usual: dict[str, Any] = {
        "client_id": new_id(),
        "user_id": user.id,
        "name": "Überblick",
        "description": "",
        "created_at": 1000.25 + next(_numbers),
        "expires_at": None,
        "disabled": False,
        "deleted_at": None,
        "auth_methods": None,
        "parent_id": None,
        "may_introspect": False,
        "generation": 0,
        "created_by": f"user:{user.id}",
    }
    client = Client(**(usual | values))
    store.write_now(lambda c: clients.add(c, client))
    return client


def add_secret(store: Database, client: Client, **values: Any) -> ClientSecret:
    """Add a secret of a client."""
    usual: dict[str, Any] = {
        "secret_id": new_id(),
        "client_id": client.client_id,
        "sealed": bytes(range(256)),
        "label": "",
        "hint": "abcd",
        "created_at": 1000.25 + next(_numbers),
        "expires_at": None,
    }
    secret = ClientSecret(**(usual | values))
    store.write_now(lambda c: client_secrets.add(c, secret))
    return secret
