"""Each example runs by the one command that it names, against a real service."""

import csv
import os
import pty
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson
from tests.interop.example_api import example_api
from tests.people import CLIENTS, Credential, client_token
from tests.service import Service
from tokenhouse_sdk import Credentials, Session

EXAMPLES = Path(__file__).parents[2] / "examples"


def environment(service: Service, app: Credential) -> dict[str, str]:
    return {
        **os.environ,
        "TOKENHOUSE_URL": service.url,
        "TOKENHOUSE_CLIENT_ID": app.client_id,
        "TOKENHOUSE_CLIENT_SECRET": app.client_secret,
    }


def run(
    name: str, *args: str, environ: Mapping[str, str] | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *args],
        input=given,
        capture_output=True,
        text=True,
        env=environ,
        timeout=90,
        check=False,
    )


@pytest.mark.parametrize("name", ["fastapi_api.py", "flask_api.py"])
def test_an_api_lets_in_who_brings_a_token_until_it_is_revoked(
    service: Service, credential: MakeCredential, tmp_path: Path, name: str
) -> None:
    """Which it is when the credential is deleted; the API knows within ten seconds."""
    app = credential()
    log, program = tmp_path / "api.log", EXAMPLES / name
    credentials = Credentials(service.url, app.client_id, app.client_secret)
    with example_api(log, program, ISSUER=service.url) as url, Session(credentials) as session:
        answer = session.get(url)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"user_id": app.owner.id, "client_id": app.client_id}
        bare = httpx.get(url, trust_env=False)
        token = {"Authorization": answer.request.headers["Authorization"]}
        assert httpx.get(url, headers=token, trust_env=False).status_code == 200
        mine = f"{service.url}{CLIENTS}/{app.client_id}"
        httpx.delete(mine, headers=app.owner.bearer, trust_env=False).raise_for_status()
        until = time.monotonic() + 10
        while (late := httpx.get(url, headers=token, trust_env=False)).status_code == 200:
            assert time.monotonic() < until
            time.sleep(0.2)
    assert 'error="invalid_token"' in late.headers["WWW-Authenticate"]
    assert (bare.status_code, bare.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_the_batch_shares_one_token(service: Service, app: Credential) -> None:
    url = f"{service.url}/api/v1/users/me?number={{}}"
    done = run("batch.py", url, "--calls", "200", environ=environment(service, app))
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert said[0].startswith("200 calls by 50 workers in ")
    assert said[0].endswith(" with 1 access token(s)")
    assert said[1:] == ["status 200: 200"]


def test_the_batch_says_why_it_cannot(service: Service, app: Credential) -> None:
    wrong = {**environment(service, app), "TOKENHOUSE_CLIENT_SECRET": "ths_wrong".ljust(64, "x")}
    done = run("batch.py", service.url, environ=wrong)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("invalid_client")
    assert done.stderr.count("\n") == 1


def read(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_the_import_makes_users_and_credentials(
    service: Service, person: MakePerson, tmp_path: Path
) -> None:
    admin, domain = person(admin=True), f"{tmp_path.name.lower()}.example"
    source, made = tmp_path / "people.csv", tmp_path / "made.csv"
    rows = ["email,password,credential", f"a@{domain},,nightly", f"b@{domain},{'k' * 30},"]
    source.write_text("\n".join([*rows, f"c@{domain},short,", ""]), "utf-8")
    args = ("import_csv.py", service.url, str(source), str(made), "--admin", admin.email)
    done = run(*args, given=f"{admin.password}\n")
    assert done.returncode == 1
    assert done.stdout.startswith("2 made, 0 there already, 1 refused"), done
    assert made.stat().st_mode & 0o777 == 0o600
    first, second, third = read(made)
    assert (first["result"], second["result"], third["client_id"]) == ("made", "made", "")
    assert (len(first["password"]) > 20, second["password"]) == (True, "")
    app = Credential(first["client_id"], first["client_secret"], admin)
    assert client_token(service, app)
    with httpx.Client(base_url=service.url, trust_env=False) as http:
        basic = http.get("/api/v1/auth/jwt/token/basic", auth=(first["email"], first["password"]))
    assert basic.status_code == 200


def test_the_import_shows_its_progress_and_passes_over_who_is_there(
    service: Service, person: MakePerson, tmp_path: Path
) -> None:
    admin, there = person(admin=True), person()
    source, made = tmp_path / "people.csv", tmp_path / "made.csv"
    source.write_text(f"email\n{there.email}\n", "utf-8")
    ours, theirs = pty.openpty()
    program = [sys.executable, str(EXAMPLES / "import_csv.py"), service.url, str(source), str(made)]
    done = subprocess.run(
        [*program, "--admin", admin.email],
        input=admin.password.encode(),
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=90,
        check=False,
    )
    os.close(theirs)
    assert done.returncode == 0
    assert done.stdout.startswith(b"0 made, 1 there already, 0 refused")
    shown = os.read(ours, 4096)
    os.close(ours)
    assert b"Importing" in shown
    assert b"100%" in shown


def test_the_import_says_when_it_may_not(
    service: Service, person: MakePerson, tmp_path: Path
) -> None:
    nobody, source = person(), tmp_path / "people.csv"
    source.write_text("email\na@b.example\n", "utf-8")
    args = ("import_csv.py", service.url, str(source), str(tmp_path / "made.csv"))
    wrong = run(*args, "--admin", nobody.email, given="wrong\n")
    assert (wrong.returncode, "sign-in refused" in wrong.stderr) == (1, True)
