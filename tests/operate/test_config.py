"""`tokenhouse config`: what is in force, whether it fits, a file to begin with; and SIGHUP."""

import json
import os
import re
import signal
import tomllib
from pathlib import Path

import httpx
import pytest

from tests.cli.process import run
from tests.conftest import NewDatabase
from tests.faults.test_workers import wait_for
from tests.people import BASIC
from tests.service import Service
from tokenhouse.server.run import FIXED
from tokenhouse.settings import Settings


def shown(home: Path, *args: str, **settings: str) -> dict[str, tuple[object, str]]:
    """What `config show` says of each setting: its value, and its source."""
    done = run(home, "config", "show", "--json", *args, settings=settings)
    assert done.returncode == 0, done.stderr
    return {name: (one["value"], one["source"]) for name, one in json.loads(done.stdout).items()}


def test_each_value_is_shown_with_where_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "file.toml").write_text('port = 8001\nworkers = 3\nscopes = ["a", "b"]\n')
    found = shown(tmp_path, "--config", "file.toml", "--data-dir", "there", workers="4")
    assert found["port"] == (8001, "file file.toml")
    assert found["workers"] == (4, "environment")
    assert found["data_dir"] == (str(tmp_path / "there"), "option")
    assert found["access_token_ttl"] == (900, "default")
    assert found["scopes"] == (["a", "b"], "file file.toml")
    assert found.keys() == Settings.model_fields.keys()
    table = run(tmp_path, "config", "show", "--config", "file.toml").stdout
    assert re.search(r"^port +8001 +file file\.toml$", table, re.MULTILINE)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    secrets = {
        "smtp_password": "mail-secret",
        "smtp_host": "mail.example",
        "smtp_user": "me",
        "smtp_from": "me@mail.example",
        "database_url": "postgresql://me:db-secret@db.example/db",
    }
    for form in ((), ("--json",)):
        done = run(tmp_path, "config", "show", *form, settings=secrets)
        assert done.returncode == 0, done.stderr
        assert not re.search(r"\w+-secret", done.stdout + done.stderr)
        assert "********" in done.stdout


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, ""),
        ({"port": "0"}, "setting port: "),
        ({"bogus": "1"}, "unknown settings: bogus; "),
        ({"host": "0.0.0.0"}, "0.0.0.0 can be reached from outside and there is no TLS; "),  # noqa: S104 - it is refused
        ({"tls_cert": "none.pem", "tls_key": "none.pem"}, "cannot serve TLS with tls_cert "),
        ({"database_url": "nonsense"}, "database_url must be sqlite:///PATH or "),
        ({"metrics_address": "nowhere"}, "setting metrics_address: "),
    ],
)
def test_check_says_what_serve_would(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    done = run(tmp_path, "config", "check", settings=settings)
    assert done.returncode == bool(says)
    assert done.stderr.startswith(f"tokenhouse: {says}" if says else ""), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_example_has_every_option_and_each_can_be_used(tmp_path: Path) -> None:
    text = run(tmp_path, "config", "example").stdout
    assert tomllib.loads(text) == {}
    options = re.findall(r"^#(\w+ = .*)$", text, re.MULTILINE)
    assert [one.split(" ")[0] for one in options] == list(Settings.model_fields)
    files = {"tls_cert", "tls_key", "smtp_password", "master_key_command"}  # not there; one of two
    used = "\n".join(one for one in options if one.split(" ")[0] not in files)
    (tmp_path / "file.toml").write_text(used)
    done = run(tmp_path, "config", "check", "--config", "file.toml")
    assert done.returncode == 0, done.stderr


def test_sighup_reads_what_can_be_read_anew(tmp_path: Path, new_database: NewDatabase) -> None:
    file = tmp_path / "reload.toml"
    file.write_text("basic_token = true\n")
    with Service(tmp_path / "home", 2, {}, new_database(), config=file) as service:
        _reload(service, file)


def _reload(service: Service, file: Path) -> None:
    wait_for(service, "worker serves", 2)

    def status() -> int:
        return httpx.get(service.url + BASIC, trust_env=False, timeout=30).status_code

    assert status() == 401
    file.write_text("basic_token = perhaps\n")
    os.kill(service.pid, signal.SIGHUP)
    wait_for(service, "settings cannot be used, nothing is replaced", 1)
    assert (status(), service.log.count("worker serves")) == (401, 2)
    file.write_text('basic_token = false\nsigning_alg = "EdDSA"\n')
    os.kill(service.pid, signal.SIGHUP)
    wait_for(service, "worker ended", 2)
    assert status() == 404
    assert "settings wait for a restart" in service.log
    assert "signing_alg" in FIXED
