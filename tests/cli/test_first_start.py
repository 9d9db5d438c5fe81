"""The first start: what it makes and says, cut off at any moment, and two at once."""

import json
import random
import shlex
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.damage import DATABASE, KEY
from tests.cli.process import LISTENS, SECONDS, first_line, serving, words
from tests.people import CLIENTS, TOKEN
from tests.service import Service

BUILDING = f"{DATABASE}.new"
EMAIL = "you@example.com"


def welcome(process: subprocess.Popen[str]) -> str:
    """All that a server says before it serves."""
    assert process.stdout is not None
    said = ""
    while "Documentation: " not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def mode(path: Path) -> int:
    """Who may do what."""
    return stat.S_IMODE(path.stat().st_mode)


def test_it_makes_all_that_is_needed_for_its_owner_alone(empty: Service) -> None:
    with empty:
        data = empty.data_dir
        assert {path.name for path in data.iterdir()} >= {DATABASE, KEY}
        assert [mode(path) for path in (data, *data.iterdir()) if mode(path) & 0o077] == []


def test_it_says_where_it_listens_and_how_to_add_a_user(empty: Service) -> None:
    with empty:
        where = shlex.quote(str(empty.data_dir))
        assert f"{LISTENS}{empty.url}\n" in empty.log
        assert f"\n  tokenhouse user add EMAIL --admin --data-dir {where}\n" in empty.log
    with empty:
        assert empty.log.count("There is no user yet.") == 2
        assert empty.cli("user", "add", EMAIL, "--password-stdin", input="p" * 12).returncode == 0
    with empty:
        assert empty.log.count("There is no user yet.") == 2


def curl_lines(said: str) -> list[list[str]]:
    """The words of each curl command in a text."""
    lines = (line.strip() for line in said.splitlines())
    return [shlex.split(line) for line in lines if line.startswith("curl ")]


def test_with_first_user_what_it_prints_leads_to_a_token_of_a_program(tmp_path: Path) -> None:
    with serving(tmp_path, "--first-user", "o'hara@example.com") as process:
        said = welcome(process)
        sign_in, make, use = curl_lines(said)
        email, _, password = sign_in[2].partition(":")
        token = httpx.get(sign_in[-1], auth=(email, password), timeout=SECONDS).json()
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        assert make[-1].endswith(CLIENTS)
        made = httpx.post(make[-1], headers=bearer, timeout=SECONDS).json()
        assert use[-1].endswith(TOKEN)
        answer = httpx.post(
            use[-1],
            data={"grant_type": "client_credentials"},
            auth=(made["client_id"], made["client_secret"]),
            timeout=SECONDS,
        )
        assert answer.status_code == 200
    with serving(tmp_path, "--first-user", "o'hara@example.com") as process:
        again = welcome(process)
        assert LISTENS in again
        assert "password" not in again


def test_the_first_user_is_an_admin(tmp_path: Path) -> None:
    with serving(tmp_path, "--first-user", EMAIL) as process:
        welcome(process)
        service = Service(tmp_path)
        user = json.loads(service.cli("user", "show", EMAIL, "--json").stdout)
        assert (user["is_superuser"], user["is_active"]) == (True, True)


@pytest.mark.parametrize("seed", range(20))
def test_cut_off_at_any_moment_it_starts_the_next_time(tmp_path: Path, seed: int) -> None:
    data = tmp_path / "data"
    with serving(tmp_path) as process:
        while not data.exists() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(random.Random(seed).uniform(0, 0.5))
    with serving(tmp_path) as process:
        assert first_line(process).startswith(LISTENS)
    assert not (data / BUILDING).exists()


def _only_folder(data: Path) -> None:
    (data / DATABASE).unlink()
    (data / KEY).unlink()


def _begun(data: Path) -> None:
    _only_folder(data)
    (data / BUILDING).touch()


def _key_made(data: Path) -> None:
    (data / DATABASE).unlink()
    (data / BUILDING).touch()


def _key_half_written(data: Path) -> None:
    _begun(data)
    half = data / f"{KEY}.new"
    half.touch(0o600)
    half.write_text("half a key")


def _built(data: Path) -> None:
    (data / DATABASE).rename(data / BUILDING)


def _built_in_its_log(data: Path) -> None:
    """All of the database is still in the write-ahead log of the one being built."""
    pages = data / "copy"
    shutil.copy(data / DATABASE, pages)
    _key_made(data)
    script = (
        "import os, pysqlite3\n"
        f"database = pysqlite3.connect({BUILDING!r})\n"
        "database.execute('PRAGMA journal_mode=WAL')\n"
        "pysqlite3.connect('copy').backup(database)\n"
        "os._exit(0)\n"
    )
    subprocess.run([words()[0], "-c", script], cwd=data, check=True)
    pages.unlink()
    assert (data / f"{BUILDING}-wal").stat().st_size > 0


@pytest.mark.parametrize(
    "cut",
    [_only_folder, _begun, _key_made, _key_half_written, _built, _built_in_its_log],
    ids=lambda cut: cut.__name__.strip("_"),
)
def test_cut_off_between_its_steps_it_starts_the_next_time(
    installation: Service, cut: Callable[[Path], None]
) -> None:
    cut(installation.data_dir)
    with serving(installation.home) as process:
        assert first_line(process).startswith(LISTENS)
        users = installation.cli("user", "list")
        assert (users.returncode, "There is no user yet." in users.stdout) == (0, True)
    assert [path for path in installation.data_dir.iterdir() if ".new" in path.name] == []


@pytest.mark.parametrize("round_", range(3))
def test_two_at_once_make_one_installation(tmp_path: Path, round_: int) -> None:
    del round_
    with (
        serving(tmp_path, "--first-user", EMAIL) as one,
        serving(tmp_path, "--first-user", EMAIL) as other,
    ):
        said = [welcome(one), welcome(other)]
        one_key, other_key = [published(url(text)) for text in said]
    assert one_key == other_key
    assert ["password" in text for text in said].count(True) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def published(issuer: str) -> dict[str, Any]:
    """The public signing keys of a server."""
    answer = httpx.get(f"{issuer}/.well-known/jwks.json", timeout=SECONDS)
    keys: dict[str, Any] = answer.json()
    return keys


def url(said: str) -> str:
    """Where a server says that it listens."""
    return said.splitlines()[0].removeprefix(LISTENS)
