"""A password's check says what the library's own says, in whichever memory it is made."""

import threading

import argon2
import pytest

from tokenhouse.crypto import huge_pages
from tokenhouse.crypto.passwords import DUMMY_HASH, hash_password, verify_password

PASSWORDS = ["a password", "ünï €", "x" * 1024, " ", "with \N{GRINNING FACE}"]
OTHER = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=2).hash("a password")


@pytest.fixture(params=["huge pages", "none to be had"])
def _memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huge_pages, "_of_thread", threading.local())
    if request.param == "none to be had":

        def refused(_kib: int) -> None:
            raise MemoryError

        monkeypatch.setattr(huge_pages, "Memory", refused)


@pytest.mark.usefixtures("_memory")
@pytest.mark.parametrize("password", PASSWORDS, ids=range(len(PASSWORDS)))
def test_right_password_is_right_and_any_other_is_wrong(password: str) -> None:
    hashed = hash_password(password)
    assert verify_password(hashed, password)
    assert not verify_password(hashed, password + "x")
    assert not verify_password(hashed, "")
    assert verify_password(hashed, password)


@pytest.mark.usefixtures("_memory")
def test_older_parameters_are_checked_too() -> None:
    assert verify_password(OTHER, "a password")
    assert not verify_password(OTHER, "another")


@pytest.mark.usefixtures("_memory")
@pytest.mark.parametrize("password", ["", "a password", "\0"])
def test_nothing_matches_the_dummy(password: str) -> None:
    assert not verify_password(DUMMY_HASH, password)


@pytest.mark.usefixtures("_memory")
@pytest.mark.parametrize(
    "hashed", ["", "x", DUMMY_HASH + "$", DUMMY_HASH[:-50], DUMMY_HASH.rsplit("$", 2)[0] + "$$"]
)
def test_what_is_no_hash_matches_nothing(hashed: str) -> None:
    assert not verify_password(hashed, "")


def test_threads_do_not_share_their_memory() -> None:
    right = {password: hash_password(password) for password in PASSWORDS}
    found: list[bool] = []

    def check(password: str) -> None:
        found.extend(verify_password(right[one], password) == (one == password) for one in right)

    threads = [threading.Thread(target=check, args=(one,)) for one in PASSWORDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * len(PASSWORDS) ** 2
