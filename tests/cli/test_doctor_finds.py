"""Faults that a running installation comes to, each made for real, found and explained."""

import json
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme

from tests.cli.damage import sql
from tests.cli.test_doctor import doctor, findings, listed
from tests.mailbox import Mailbox
from tests.people import TOKEN, Person, add_credential, add_person
from tests.postgresql import PostgreSQL
from tests.service import HOST, Service

DAY = 86400
SHIM = "from sqlite3 import *\nfrom sqlite3 import dbapi2\n"


def only(service: Service) -> tuple[str, str]:
    """The problem and the fix of the one finding."""
    (found,) = findings(service)
    return found["problem"], found["fix"]


def age(service: Service, days: float) -> None:
    """Let the signing key have signed for so many days."""
    began = f"signs_from = {time.time() - days * DAY}"
    sql(service.data_dir, f"UPDATE signing_keys SET {began}")  # noqa: S608 - a number


def test_old_sqlite(installation: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3  # noqa: PLC0415 - because only this test wants the system's

    if sqlite3.sqlite_version_info >= (3, 51, 3):
        pytest.skip("this Python carries a current SQLite")
    (tmp_path / "shim" / "pysqlite3").mkdir(parents=True)
    (tmp_path / "shim" / "pysqlite3" / "__init__.py").write_text(SHIM)
    path = os.pathsep.join([str(tmp_path / "shim"), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    installation.by_words = True
    (found,) = listed(installation.cli("doctor", "--json"))
    problem, fix = found["problem"], found["fix"]
    assert problem.startswith(f"SQLite {sqlite3.sqlite_version} can corrupt")
    assert "pysqlite3" in fix


def test_no_backup_for_a_week(installation: Service, tmp_path: Path) -> None:
    sql(installation.data_dir, "UPDATE installation SET created_at = created_at - 8 * 86400")
    problem, fix = only(installation)
    assert problem == "there is no backup, of 8 days"
    assert "run: tokenhouse db backup FILE" in fix
    assert installation.cli("db", "backup", str(tmp_path / "backup")).returncode == 0
    assert doctor(installation).returncode == 0
    mark = installation.data_dir / "last-backup"
    assert mark.stat().st_mode & 0o077 == 0
    before = time.time() - 9 * DAY
    os.utime(mark, (before, before))
    problem, fix = only(installation)
    assert problem == "the last backup is from before 9 days"
    assert f"touch {mark}" in fix


@pytest.mark.parametrize(("days", "how"), [(31, "should have ended"), (29.9999, "ends")])
def test_signing_key_near_its_end(installation: Service, days: float, how: str) -> None:
    age(installation, days)
    problem, fix = only(installation)
    assert f" {how} on " in problem
    assert "start the service" in fix
    with installation:
        until = time.monotonic() + 20
        while time.monotonic() < until and doctor(installation).returncode:
            time.sleep(0.2)
        assert doctor(installation).stdout == "All is well.\n"


def test_signing_key_that_is_never_replaced(installation: Service) -> None:
    age(installation, 400)
    installation.settings = {"key_rotation_days": "0"}
    problem, fix = only(installation)
    assert problem.endswith("has signed for 400 days")
    assert fix.startswith("run: tokenhouse key rotate")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"port": "9000", "issuer": "http://127.0.0.1:8000"},
            " does not lead to http on port 9000",
        ),
        ({"issuer": "https://localhost:8000"}, " does not lead to http on port 8000"),
        ({"issuer": "http://localhost"}, " does not lead to http on port 8000"),
    ],
)
def test_issuer_that_does_not_match_the_address(
    installation: Service, settings: dict[str, str], problem: str
) -> None:
    installation.settings = settings
    found, fix = only(installation)
    assert problem in found
    assert "set issuer" in fix
    installation.settings = {**settings, "trusted_proxies": "127.0.0.1"}  # may be right then
    assert doctor(installation).returncode == 0


def test_tls_certificate(installation: Service, tmp_path: Path) -> None:
    def tls(name: str, days: int) -> dict[str, str]:
        issued = trustme.CA().issue_cert(name, not_after=datetime.now(UTC) + timedelta(days=days))
        issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
        issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
        given = {"tls_cert": str(tmp_path / "cert.pem"), "tls_key": str(tmp_path / "key.pem")}
        return {**given, "issuer": "https://auth.example"}

    installation.settings = tls("auth.example", 90)
    assert doctor(installation).returncode == 0
    installation.settings = tls("*.example", 13)
    problem, fix = only(installation)
    assert f"{tmp_path}/cert.pem ends on " in problem
    assert fix == "renew it"
    installation.settings = tls("other.example", 90)
    assert only(installation)[0].endswith("is not for auth.example, the issuer's name")
    installation.settings = {**installation.settings, "issuer": "http://127.0.0.1:8000"}
    found = [one["problem"] for one in findings(installation)]
    assert any("is plain http, and the service speaks TLS" in one for one in found)
    (tmp_path / "key.pem").write_bytes(trustme.CA().private_key_pem.bytes())
    found = [one["problem"] for one in findings(installation)]
    assert any(one.startswith("tls_cert and tls_key cannot be used") for one in found)


def test_mail_server(installation: Service, mailbox: Mailbox) -> None:
    installation.settings = mailbox.settings
    assert doctor(installation).returncode == 0
    installation.settings = {**mailbox.settings, "smtp_password": "another"}
    problem, fix = only(installation)
    assert problem.startswith("no mail goes out: ")
    assert "smtp_host" in fix
    assert mailbox.received == []


def test_sources_that_are_throttled(installation: Service) -> None:
    with installation:
        email = json.loads(installation.cli("user", "list", "--json").stdout)[0]["email"]
        for _ in range(10):
            httpx.get(installation.url + "/api/v1/auth/jwt/token/basic", auth=(email, "wrong"))
        problem, fix = only(installation)
    assert problem.startswith("1 times in the last hour somebody had to wait after wrong passwords")
    assert fix.startswith("see whether it is a guesser, run: tokenhouse audit list --action ")
    command = fix.partition("run: tokenhouse ")[2].split()[:4]
    assert "sign_in.throttled" in installation.cli(*command).stdout


def test_credential_that_ends_while_it_is_in_use(empty: Service) -> None:
    empty.clock_ahead = 0
    with empty:
        owner: Person = add_person(empty, admin=True)
        app = add_credential(
            empty, owner, expires_at=(datetime.now(UTC) + timedelta(days=6)).isoformat()
        )
        other = add_credential(
            empty, owner, expires_at=(datetime.now(UTC) + timedelta(days=6)).isoformat()
        )

        def use() -> int:
            form = {"grant_type": "client_credentials"}
            basic = (app.client_id, app.client_secret)
            return httpx.post(empty.url + TOKEN, data=form, auth=basic).status_code

        assert use() == 200
        empty.stop()
        empty.start()
        problem, fix = only(empty)
        assert problem.startswith(f"the credential {app.client_id} ({owner.email}) ends on ")
        assert "give it a later end" in fix
        empty.move_clock(6 * DAY + 3600)
        assert use() == 401
        empty.stop()
        empty.start()
        problem, _ = only(empty)
        assert problem.startswith(f"the credential {app.client_id} ({owner.email}) ended on ")
        assert other.client_id not in problem


def test_database_that_cannot_be_reached(
    installation: Service, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    installation.database_url = "postgresql://tokenhouse:hidden@127.0.0.1:1/tokenhouse"
    problem, fix = only(installation)
    assert problem.startswith("the database postgresql://tokenhouse:***@127.0.0.1:1/tokenhouse ")
    assert "cannot be reached" in problem
    assert fix.startswith("start its server")
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        installation.database_url = f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/b"
        began = time.monotonic()
        assert "cannot be reached" in only(installation)[0]
        assert time.monotonic() - began < 30
    there = Service(tmp_path / "there", database_url=postgresql.new_database())
    with there:
        add_person(there, admin=True)
    assert doctor(there).stdout == "All is well.\n"
    there.clock_ahead = 3600
    (found,) = findings(there)
    assert " seconds ahead of the database server's" in found["problem"]
    assert "NTP" in found["fix"]


def test_database_that_is_too_large_to_read_in_time(installation: Service) -> None:
    """A look that takes too long ends, and says so; what it has not seen is no fault."""
    fill = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
        "INSERT INTO used_once SELECT randomblob(32), i FROM n"
    )
    sql(installation.data_dir, fill)
    script = (
        "import json, sys; from pathlib import Path; from tokenhouse.context import clock\n"
        "from tokenhouse.manage.doctor import examine\n"
        "from tokenhouse.settings.loading import load\n"
        "found = examine(load({'data_dir': Path(sys.argv[1])}).settings, clock, 0.01)\n"
        "print([(type(one).__name__, one.problem) for one in found])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(installation.data_dir)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("[('Unseen', '0 seconds were not enough to read all ")
    assert doctor(installation).stdout == "All is well.\n"
