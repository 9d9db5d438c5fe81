"""Ceilings of one core without a web server: what an answer cannot cost less than.

Each is the bare call into the library that Tokenhouse uses, with the parameters that it uses.
"""

import hashlib
import hmac
import itertools
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
import psycopg
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

MESSAGE = b"x" * 400  # the signing input of an access token is about so long
SIGNATURES, CHECKS, MACS = "ES256 signatures", "ES256 checks", "HS256 checks"
HASHES = "Argon2id checks, 19 MiB"
READS, COMMITS = "database reads", "database commits"

Task = Callable[[], object]


@dataclass(frozen=True)
class Place:
    """Where a database may be kept: a folder for SQLite, or a PostgreSQL."""

    folder: Path
    database_url: str | None = None


@dataclass(frozen=True)
class Ceiling:
    """A task that `prepare` makes ready."""

    name: str
    prepare: Callable[[Place], Task]


def es256_sign(_place: Place) -> Task:
    """One access token's signature."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    return lambda: key.sign(MESSAGE, algorithm)


def es256_verify(_place: Place) -> Task:
    """One client assertion's signature by a key of the client's own."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    public, signature = key.public_key(), key.sign(MESSAGE, algorithm)
    return lambda: public.verify(signature, MESSAGE, algorithm)


def hs256(_place: Place) -> Task:
    """One client assertion's check."""
    return lambda: hmac.digest(b"k" * 64, MESSAGE, hashlib.sha256)


def argon2id_verify(_place: Place) -> Task:
    """One password's check, 19 MiB, t=2, p=1."""
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    hashed = hasher.hash("a password")
    return lambda: hasher.verify(hashed, "a password")


class _Table:
    """A table with one column, on a connection that commits each statement."""

    def __init__(self, place: Place) -> None:
        """Make it, in SQLite with WAL and `synchronous=FULL`."""
        self._keys = map("{:064d}".format, itertools.count(time.time_ns()))
        self._execute: Callable[..., Any]
        if place.database_url is None:
            sqlite = sqlite3.connect(place.folder / "ceiling.db", isolation_level=None)
            sqlite.executescript("pragma journal_mode=wal; pragma synchronous=full")
            self._execute, self._mark = sqlite.execute, "?"
        else:
            postgresql = psycopg.connect(place.database_url, autocommit=True)
            self._execute, self._mark = postgresql.execute, "%s"
        self._execute("create table if not exists bench_ceiling (k text primary key)")

    def insert(self) -> str:
        """Insert and commit a row."""
        key = next(self._keys)
        text = f"insert into bench_ceiling values ({self._mark})"  # noqa: S608 - a mark of ours
        self._execute(text, (key,))
        return key

    def reader(self, key: str) -> Task:
        """Read that row."""
        text = f"select k from bench_ceiling where k = {self._mark}"  # noqa: S608 - a mark of ours
        return lambda: self._execute(text, (key,)).fetchone()


def commit(place: Place) -> Task:
    """One row inserted and committed alone, as a used `jti` might be."""
    return _Table(place).insert


def read(place: Place) -> Task:
    """One row read by its primary key."""
    table = _Table(place)
    return table.reader(table.insert())


CEILINGS = (
    Ceiling(SIGNATURES, es256_sign),
    Ceiling(CHECKS, es256_verify),
    Ceiling(MACS, hs256),
    Ceiling(HASHES, argon2id_verify),
    Ceiling(READS, read),
    Ceiling(COMMITS, commit),
)


def rate(task: Task, seconds: float) -> float:
    """How often a second the task can be done, measured over about so many seconds."""
    once = min(_seconds(task, 1) for _ in range(3))
    at_a_time = max(1, int(seconds / 20 / once))  # so that reading the clock costs nothing
    done, spent = 0, 0.0
    while spent < seconds:
        spent += _seconds(task, at_a_time)
        done += at_a_time
    return done / spent


def _seconds(task: Task, times: int) -> float:
    begun = time.perf_counter()
    for _ in itertools.repeat(None, times):
        task()
    return time.perf_counter() - begun
