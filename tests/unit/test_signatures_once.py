"""What a key has signed is read and checked once, and nothing but that is remembered."""

import hashlib
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests import jws
from tokenhouse.crypto import signer
from tokenhouse.crypto.signer import MOST_REMEMBERED, Signer, make_private_key
from tokenhouse.oauth.jwt_claims import MalformedJwt


class Counting:
    """ES256 but for its signatures, which are digests, and its checks, which are counted."""

    def __init__(self, real: Any) -> None:
        self._real, self.checks = real, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def sign(self, message: bytes, _key: Any) -> bytes:
        """Sign."""
        return hashlib.sha256(message).digest()

    def verify(self, message: bytes, _key: Any, signature: bytes) -> bool:
        """Count."""
        self.checks += 1
        return signature == hashlib.sha256(message).digest()


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The algorithm of signers that are made from now on."""
    found = Counting(signer.ALGORITHMS["ES256"])
    monkeypatch.setitem(signer.ALGORITHMS, "ES256", found)
    return found


def a_signer() -> Signer:
    return Signer("ES256", make_private_key("ES256"))


def tokens(key: Signer) -> Iterator[str]:
    return (key.sign(b'{"jti":"%d"}' % number) for number in count())


def is_good(key: Signer, text: str) -> bool:
    try:
        return bool(key.read(text))
    except MalformedJwt:
        return False


def bad(token: str) -> str:
    """The same, signed by nobody."""
    return token.rpartition(".")[0] + "." + jws.b64(b"bad").decode()


def test_good_token_is_checked_once_and_says_the_same(counting: Counting) -> None:
    key = a_signer()
    token = next(tokens(key))
    first, *others = [key.read(token) for _ in range(3)]
    assert counting.checks == 1
    assert first == {"jti": "0"}
    assert others == [first, first]


def test_bad_token_is_checked_each_time_and_never_good(counting: Counting) -> None:
    key = a_signer()
    token = next(tokens(key))
    assert is_good(key, token)
    assert [is_good(key, bad(token)) for _ in range(3)] == [False, False, False]
    assert counting.checks == 4
    assert not is_good(key, token + "=")  # the same octets, but not the canonical text


def test_what_else_the_key_signs_is_no_access_token(counting: Counting) -> None:
    key = a_signer()
    assert not is_good(key, key.sign(b'{"jti":"0"}', "secevent+jwt"))
    assert counting.checks == 1


def test_one_keys_good_token_is_nothing_to_another_key(counting: Counting) -> None:
    key, other = a_signer(), a_signer()
    token = next(tokens(key))
    assert is_good(key, token)
    assert is_good(other, token)
    assert counting.checks == 2


def test_the_one_not_seen_for_longest_is_forgotten_and_bad_ones_push_none_out(
    counting: Counting,
) -> None:
    key = a_signer()
    fresh = tokens(key)
    some = [next(fresh) for _ in range(MOST_REMEMBERED)]
    assert all(is_good(key, token) for token in some)
    assert is_good(key, some[0])  # seen again
    assert not any(is_good(key, bad(token)) for token in some)
    before = counting.checks
    assert is_good(key, some[1])
    assert counting.checks == before
    assert is_good(key, next(fresh))
    assert is_good(key, some[0])
    assert counting.checks == before + 1
    assert is_good(key, some[2])
    assert counting.checks == before + 2
