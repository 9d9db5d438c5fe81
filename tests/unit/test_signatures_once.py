"""A signature that was good is not checked again, and nothing but such a one is remembered."""

from typing import Any

import pytest

from tokenhouse.crypto import signer
from tokenhouse.crypto.signer import MOST_REMEMBERED, Signer, make_private_key

GOOD = b"good"


class Counting:
    """ES256 but for its checks, which are counted and as quick as a comparison."""

    def __init__(self, real: Any) -> None:
        self._real, self.checks = real, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def verify(self, _message: bytes, _key: Any, signature: bytes) -> bool:
        """Count."""
        self.checks += 1
        return signature == GOOD


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The algorithm of signers that are made from now on."""
    found = Counting(signer.ALGORITHMS["ES256"])
    monkeypatch.setitem(signer.ALGORITHMS, "ES256", found)
    return found


def a_signer() -> Signer:
    return Signer("ES256", make_private_key("ES256"))


def test_good_signature_is_checked_once(counting: Counting) -> None:
    key = a_signer()
    assert [key.verify(b"a.b", GOOD) for _ in range(3)] == [True, True, True]
    assert counting.checks == 1


def test_bad_signature_is_checked_each_time_and_never_good(counting: Counting) -> None:
    key = a_signer()
    assert key.verify(b"a.b", GOOD)
    assert [key.verify(b"a.b", b"bad") for _ in range(3)] == [False, False, False]
    assert not key.verify(b"a.b.go", b"od")
    assert counting.checks == 5


def test_one_keys_good_signature_is_nothing_to_another_key(counting: Counting) -> None:
    assert a_signer().verify(b"a.b", GOOD)
    assert a_signer().verify(b"a.b", GOOD)
    assert counting.checks == 2


def test_the_one_not_seen_for_longest_is_forgotten_and_bad_ones_push_none_out(
    counting: Counting,
) -> None:
    key = a_signer()
    assert all(key.verify(b"%d" % number, GOOD) for number in range(MOST_REMEMBERED))
    assert key.verify(b"0", GOOD)  # seen again
    for number in range(MOST_REMEMBERED):
        key.verify(b"%d" % number, b"bad")
    before = counting.checks
    assert key.verify(b"1", GOOD)
    assert counting.checks == before
    assert key.verify(b"new", GOOD)
    assert key.verify(b"0", GOOD)
    assert counting.checks == before + 1
    assert key.verify(b"2", GOOD)
    assert counting.checks == before + 2
