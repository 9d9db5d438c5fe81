"""Which secret may go: the rule by itself, since its quiet spell is too long to wait for."""

import pytest

from tokenhouse.manage.client_secrets import is_safe_to_delete
from tokenhouse.store.last_used import BY_KEY, LastUse

QUIET_SINCE = 1000.0
Uses = dict[str, float]


@pytest.mark.parametrize(
    ("newer", "uses", "safe"),
    [
        pytest.param([], {}, False, id="the-only-one"),
        pytest.param([], {"this": 1.0}, False, id="the-newest-long-unused"),
        pytest.param(["new"], {}, False, id="the-newer-one-never-used"),
        pytest.param(["new"], {"this": 1.0}, False, id="the-newer-one-never-used-this-long-ago"),
        pytest.param(["new"], {"new": 5.0}, True, id="never-used"),
        pytest.param(["new"], {"new": 2000.0, "this": 999.0}, True, id="quiet"),
        pytest.param(["new"], {"new": 2000.0, "this": 1000.0}, False, id="just-not-quiet"),
        pytest.param(["new"], {"new": 2000.0, "this": 1999.0}, False, id="in-use"),
        pytest.param(["a", "b"], {"b": 5.0}, True, id="the-newest-of-several-used"),
        pytest.param([], {BY_KEY: 5.0}, True, id="moved-to-a-key"),
        pytest.param([], {BY_KEY: 2000.0, "this": 1500.0}, False, id="moving-to-a-key"),
        pytest.param(["new"], {"other": 2000.0}, False, id="another-s-use-says-nothing"),
    ],
)
def test_safe_to_delete(newer: list[str], uses: Uses, *, safe: bool) -> None:
    seen = {name: LastUse(at, "127.0.0.1") for name, at in uses.items()}
    assert is_safe_to_delete("this", newer, seen, QUIET_SINCE) is safe
