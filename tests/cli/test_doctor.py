"""The doctor names what is wrong and the fix, touches nothing, and knows health."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.damage import DAMAGES, DATABASE, Damage, another_key, sql, write_key
from tests.cli.process import at_once, environment
from tests.cli.test_refusals import content
from tests.people import add_person
from tests.service import Service


def doctor(service: Service, *args: str) -> subprocess.CompletedProcess[str]:
    """Ask the doctor; in a process of its own only where another clock is wanted."""
    if service.clock_ahead is not None:
        return service.cli("doctor", *args)
    return at_once(service, "doctor", *args)


def findings(service: Service) -> list[dict[str, str]]:
    """What the doctor finds; there must be something."""
    return listed(doctor(service, "--json"))


def listed(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    """The findings of an answer; there must be some."""
    assert done.returncode == 1, done
    assert done.stderr.startswith("tokenhouse: problems found: ")
    assert done.stderr.count("\n") == 1
    shown: dict[str, Any] = json.loads(done.stdout)
    assert shown["ok"] is False
    found: list[dict[str, str]] = shown["findings"]
    assert all(set(one) == {"problem", "fix"} and all(one.values()) for one in found)
    return found


def test_health_is_said(installation: Service) -> None:
    done = installation.cli("doctor")
    assert (done.returncode, done.stdout, done.stderr) == (0, "All is well.\n", "")
    shown = json.loads(doctor(installation, "--json").stdout)
    assert shown == {"ok": True, "findings": []}


def test_health_is_said_beside_a_running_server(installation: Service) -> None:
    with installation:
        done = doctor(installation)
    assert (done.returncode, done.stdout, done.stderr) == (0, "All is well.\n", "")


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_each_damage_is_found_and_left_as_it_is(installation: Service, damage: Damage) -> None:
    damage.happen(installation.data_dir)
    before = content(installation.home)
    found = findings(installation)
    assert len(found) == 1
    assert found[0]["problem"].startswith(damage.found.format(data=installation.data_dir))
    assert content(installation.home) == before


def test_each_finding_stands_over_its_fix(installation: Service) -> None:
    installation.data_dir.chmod(0o755)
    (installation.data_dir / "master.key").chmod(0o644)
    done = doctor(installation)
    data = installation.data_dir
    assert done.stdout == (
        f"the data folder {data} can be entered by others\n"
        f"  run: chmod 700 {data}\n"
        f"the master key {data}/master.key can be read by others\n"
        f"  run: chmod 600 {data}/master.key\n"
    )
    assert done.stderr == (
        "tokenhouse: problems found: 2; standard output lists each with its fix\n"
    )


def _damage_index(data: Path) -> None:
    """Make an index say what its table does not; a quick check takes both for sound."""
    file = data / DATABASE
    octets = file.read_bytes()
    entry = b"@people.example"
    assert octets.count(entry) == 3  # the address, its key, and the key in the index
    places = [at for at in range(len(octets)) if octets.startswith(entry, at)]
    pages = [at // 4096 for at in places]
    (in_index,) = (at for at, page in zip(places, pages, strict=True) if pages.count(page) == 1)
    file.write_bytes(octets[:in_index] + b"@peoplf" + octets[in_index + 7 :])


ADD = "run: tokenhouse user add EMAIL --admin --data-dir {data}"
NOT_REFUSED: tuple[tuple[Callable[[Path], None], str, str], ...] = (
    (_damage_index, "the database is corrupt: ", "restore a backup"),
    (lambda data: sql(data, "DELETE FROM users"), "there is no user", ADD),
    (
        lambda data: sql(data, "UPDATE users SET is_superuser = 0"),
        "no active user is an admin",
        ADD,
    ),
    (lambda data: sql(data, "UPDATE users SET is_active = 0"), "no active user is an admin", ADD),
    (
        lambda data: sql(data, "UPDATE alembic_version SET version_num = '0000'"),
        "the database is older than this program",
        "run: tokenhouse db upgrade --data-dir {data}",
    ),
)


@pytest.mark.parametrize(("happen", "problem", "fix"), NOT_REFUSED)
def test_what_lets_the_service_start_is_found_too(
    installation: Service, happen: Callable[[Path], None], problem: str, fix: str
) -> None:
    happen(installation.data_dir)
    (found,) = findings(installation)
    assert found["problem"].startswith(problem)
    assert found["fix"] == fix.format(data=installation.data_dir)


def test_what_an_older_master_key_still_seals_is_found(installation: Service) -> None:
    file = installation.data_dir / "master.key"
    write_key(installation.data_dir, another_key() + file.read_text())
    (found,) = findings(installation)
    assert found["problem"].endswith(
        " are sealed under another master key than the first of its file"
    )
    assert int(found["problem"].split()[0]) >= 2  # a signing key, and the check value
    assert found["fix"] == f"run: tokenhouse key rewrap --data-dir {installation.data_dir}"
    assert installation.cli("key", "rewrap").returncode == 0
    assert doctor(installation).returncode == 0


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"issuer": "http://auth.example"}, "the issuer http://auth.example is plain http: "),
        ({"issuer": "http://192.0.2.1:8000"}, "the issuer http://192.0.2.1:8000 is plain http: "),
        ({"signing_alg": "RS256"}, "there is no signing key for signing_alg RS256"),
        ({"database_url": "mysql://localhost/db"}, "database_url cannot be used: mysql://localh"),
        ({"bogus": "1"}, "unknown settings: bogus"),
        ({"port": "http"}, "setting port: "),
    ],
)
def test_what_is_wrong_with_the_settings_is_found(
    installation: Service, settings: dict[str, str], problem: str
) -> None:
    installation.settings = settings
    (found,) = findings(installation)
    assert found["problem"].startswith(problem)


@pytest.mark.parametrize(
    "issuer", ["https://auth.example", "http://localhost:8000", "http://[::1]:8000"]
)
def test_an_issuer_that_nobody_can_overhear_is_well(installation: Service, issuer: str) -> None:
    installation.settings = {"issuer": issuer}
    assert doctor(installation).returncode == 0


def test_a_clock_that_was_set_back_is_found(empty: Service) -> None:
    empty.clock_ahead = 7200
    with empty:
        add_person(empty, admin=True)
    empty.clock_ahead = 0
    (found,) = findings(empty)
    assert found["problem"].startswith("the clock is behind: ")


def test_a_disk_that_is_nearly_full_is_found(installation: Service, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size=8m,mode=700 tmpfs {small}"
        f" && cp -a {installation.data_dir}/. {small}"
        f" && exec {sys.executable} -m tokenhouse doctor --data-dir {small}"
    )
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    done = subprocess.run(
        [*alone, script], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 1
    assert done.stdout.startswith(f"the disk of {small} is nearly full: ")
