"""An installation of the first schema, as its last program left it, on the program of today.

`first/dump.sql` is its SQLite database as text, `first/master.key` a key for this alone; made by
that program's own commands, with a person, a credential of two secrets and two signing keys.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.faults.load import GRANT
from tests.people import BASIC, CLIENTS, TOKEN
from tests.service import Service

FIRST = Path(__file__).with_name("first")
KNOWN = json.loads((FIRST / "known.json").read_text("utf-8"))
PERSON = (KNOWN["email"], KNOWN["password"])


@pytest.fixture
def first(tmp_path: Path) -> Service:
    """The old installation, laid where a service would have it; nothing runs yet."""
    service = Service(tmp_path)
    service.data_dir.mkdir()
    with closing(sqlite3.connect(service.data_dir / "tokenhouse.db")) as database:
        database.executescript((FIRST / "dump.sql").read_text("utf-8"))
    key = service.data_dir / "master.key"
    key.touch(0o600)
    key.write_text((FIRST / "master.key").read_text("utf-8"))
    return service


def test_old_secrets_and_passwords_still_work(first: Service) -> None:
    before = first.cli("db", "check")
    assert before.returncode == 1
    assert "run: tokenhouse db upgrade" in before.stdout + before.stderr
    doctor = json.loads(first.cli("doctor", "--json").stdout)
    found = {one["problem"]: one["fix"] for one in doctor["findings"]}
    assert found["the database is older than this program"].startswith("run: tokenhouse db upgrade")
    assert first.cli("db", "upgrade").returncode == 0
    assert first.cli("db", "check").returncode == 0
    assert "older than this program" not in first.cli("doctor", "--json").stdout
    with first, httpx.Client(base_url=first.url, trust_env=False, timeout=30) as http:
        auth = (KNOWN["client_id"], KNOWN["client_secret"])
        assert http.post(TOKEN, data=GRANT, auth=auth).status_code == 200
        token = http.get(BASIC, auth=PERSON).json()["access_token"]
        listed = http.get(CLIENTS, headers={"Authorization": f"Bearer {token}"}).json()
        assert [one["client_id"] for one in listed] == [KNOWN["client_id"]]
        kids = {key["kid"] for key in http.get("/.well-known/jwks.json").json()["keys"]}
    assert KNOWN["kid"] in kids
    assert first.cli("audit", "verify").returncode == 0
