"""Ceilings of one core without a web server: what a token cannot cost less than.

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

import argon2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

MESSAGE = b"x" * 400  # the signing input of an access token is about so long

Task = Callable[[], object]


@dataclass(frozen=True)
class Ceiling:
    """A task that `prepare` makes ready, in a folder of its own."""

    name: str
    prepare: Callable[[Path], Task]


def es256_sign(_folder: Path) -> Task:
    """One access token's signature."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    return lambda: key.sign(MESSAGE, algorithm)


def es256_verify(_folder: Path) -> Task:
    """One client assertion's signature by a key of the client's own."""
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    public, signature = key.public_key(), key.sign(MESSAGE, algorithm)
    return lambda: public.verify(signature, MESSAGE, algorithm)


def hs256(_folder: Path) -> Task:
    """One client assertion's check."""
    return lambda: hmac.digest(b"k" * 64, MESSAGE, hashlib.sha256)


def argon2id_verify(_folder: Path) -> Task:
    """One password's check, 19 MiB, t=2, p=1."""
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    hashed = hasher.hash("a password")
    return lambda: hasher.verify(hashed, "a password")


def _table(folder: Path) -> tuple[sqlite3.Connection, Callable[[], tuple[str]]]:
    connection = sqlite3.connect(folder / "ceiling.db", isolation_level=None)
    connection.executescript(
        "pragma journal_mode=wal; pragma synchronous=full; create table t (k text primary key)"
    )
    keys = map("{:064d}".format, itertools.count(time.time_ns()))
    return connection, lambda: (next(keys),)


def sqlite_commit(folder: Path) -> Task:
    """One row inserted and committed, WAL and `synchronous=FULL`: a used `jti` recorded alone."""
    connection, key = _table(folder)
    return lambda: connection.execute("insert into t values (?)", key())


def sqlite_read(folder: Path) -> Task:
    """One row read by its primary key."""
    connection, key = _table(folder)
    kept = key()
    connection.execute("insert into t values (?)", kept)
    return lambda: connection.execute("select k from t where k = ?", kept).fetchone()


CEILINGS = (
    Ceiling("ES256 signatures", es256_sign),
    Ceiling("ES256 checks", es256_verify),
    Ceiling("HS256 checks", hs256),
    Ceiling("Argon2id checks, 19 MiB", argon2id_verify),
    Ceiling("SQLite reads", sqlite_read),
    Ceiling("SQLite commits, FULL", sqlite_commit),
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
