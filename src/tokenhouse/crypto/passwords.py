"""Passwords: Argon2id with 19 MiB, 2 passes, 1 lane (RFC 9106; OWASP's least for logins).

The trap: a look-up that finds nobody must cost the same as one that does, so there is a
dummy hash that never matches.
"""

from __future__ import annotations

import base64
import hmac
from functools import cache
from importlib import import_module
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from tokenhouse.crypto.huge_pages import memory

MEMORY_KIB, PASSES, LANES = 19456, 2, 1
MOST_OCTETS = 1024
_MOST_APPENDED = 4
_FORM = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"
_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def _dummy() -> str:
    """Make a hash in the right form that nothing is known to match."""
    salt, digest = (base64.b64encode(bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"{_FORM}{salt}${digest}"


DUMMY_HASH = _dummy()


def hash_password(password: str) -> str:
    """Hash a password, exactly as typed."""
    return _hasher.hash(password)


def verify_password(hashed: str, password: str) -> bool:
    """Tell whether the password is the one that was hashed; about 20 ms of one core.

    By the library's function for whole hashes it would be 27: it takes memory of small pages
    (decision 83). So do hashes with other parameters than today's.
    """
    try:
        own = memory(MEMORY_KIB)
        if own is None or not hashed.startswith(_FORM):
            return _hasher.verify(hashed, password)
        salt, digest = (base64.b64decode(f"{one}==") for one in hashed[len(_FORM) :].split("$"))
        found = own.argon2id(password.encode(), salt, PASSES, len(digest))
    except (Argon2Error, InvalidHashError, ValueError):
        return False
    return hmac.compare_digest(found, digest)


def needs_rehash(hashed: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(hashed)


def is_common(password: str) -> bool:
    """Tell whether a password is one that many people have, so that it is guessed first.

    Compared without case, also where it is one of them written several times over, or has up
    to four characters more at its end.
    """
    folded = password.casefold()
    once = folded[: (folded + folded).index(folded, 1)]
    return any(once[: len(once) - more] in _common() for more in range(_MOST_APPENDED + 1))


@cache
def _common() -> frozenset[str]:
    """Return the 30,000 most used passwords; here, because most processes never need them."""
    lists: Any = import_module("zxcvbn.frequency_lists")
    return frozenset(lists.FREQUENCY_LISTS["passwords"])
