"""SQLite or PostgreSQL, one worker or two: the same answers, byte for byte, less ids and dates."""

from pathlib import Path

import pytest

from tests.conftest import WITHOUT_THROTTLE
from tests.faults.same import answers
from tests.postgresql import PostgreSQL
from tests.service import Service

LEAST = 60


@pytest.mark.timeout(300)
def test_same_script_same_answers(tmp_path: Path, postgresql: PostgreSQL) -> None:
    found: dict[str, dict[str, str]] = {}
    for workers in (1, 2):
        for name, url in (("sqlite", None), ("postgresql", postgresql.new_database())):
            home = tmp_path / f"{name}{workers}"
            with Service(home, workers, WITHOUT_THROTTLE, url) as service:
                found[f"{name} with {workers}"] = dict(answers(service))
    first, *others = found
    assert len(found[first]) >= LEAST
    for other in others:
        assert found[other] == found[first], other
