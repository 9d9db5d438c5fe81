"""Settings from flags, environment and file: what wins, and what is refused by name."""

import json
from pathlib import Path

import pytest

from tests.cli.process import run
from tests.cli.settings_page import PAGE, page
from tests.cli.test_refusals import refused
from tests.service import Service


def issuer(service: Service, *args: str) -> str:
    """What the settings say is the issuer, as the doctor quotes it for being plain http."""
    done = service.cli("doctor", "--json", *args)
    problems: list[str] = [one["problem"] for one in json.loads(done.stdout)["findings"]]
    return next(text.split(" ")[2] for text in problems if text.startswith("the issuer "))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("bogus", "1", "unknown settings: bogus; "),
        ("port", "http", "setting port: "),
        ("port", "0", "setting port: "),
        ("port", "65536", "setting port: "),
        ("port", "", "setting port: "),
        ("workers", "0", "setting workers: "),
        ("access_token_ttl", "59", "setting access_token_ttl: "),
        ("access_token_ttl", "3601", "setting access_token_ttl: "),
        ("signing_alg", "HS256", "setting signing_alg: "),
        ("signing_alg", "none", "setting signing_alg: "),
        ("password_grant", "perhaps", "setting password_grant: "),
        ("password_min_length", "7", "setting password_min_length: "),
        ("issuer", "auth.example", "setting issuer: "),
        ("issuer", "https://auth.example/", "setting issuer: "),
        ("issuer", "https://auth.example?a=b", "setting issuer: "),
        ("log_level", "loud", "setting log_level: "),
        ("tls_cert", "cert.pem", "setting settings: "),
        ("smtp_from", "a@b.example, c@d.example", "setting smtp_from: "),
        ("smtp_from", "nobody", "setting smtp_from: "),
        ("leak_report_token", "x" * 31, "setting leak_report_token: "),
        ("leak_report_token", "x" * 31 + " ", "setting leak_report_token: "),
        ("smtp_host", "mail.example", "setting settings: Value error, smtp_host needs smtp_from"),
        ("smtp_user", "me", "setting settings: Value error, smtp_user goes with one of "),
        ("smtp_password", "abc", "setting settings: Value error, smtp_user goes with one of "),
        ("database_url", "mysql://localhost/db", "database_url must be sqlite:///PATH or "),
        ("database_url", "nonsense", "database_url must be sqlite:///PATH or "),
        ("data_dir", "what?", "setting data_dir: "),  # it would end the path in a URL
    ],
)
def test_a_bad_value_in_the_environment_is_refused_by_name(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    done = run(tmp_path, "user", "list", settings={name: value})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"tokenhouse: {says}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_the_sdk_reads_in_the_environment_is_left_alone(tmp_path: Path) -> None:
    settings = {"url": "https://auth.example", "client_id": "a", "client_secret": "b"}
    done = run(tmp_path, "db", "check", settings=settings)
    assert "unknown settings" not in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("bogus = 1", "unknown settings: bogus; "),
        ("[server]\nport = 8000", "unknown settings: server; "),
        ("port = [8000]", "setting port: "),
        ("host = 5", "setting host: "),
        ("data_dir = 5", "setting data_dir: "),
        ('data_dir = "a\\u0000b"', "setting data_dir: "),
        ('audience = [1, "b"]', "setting audience.0: "),
        ("port = ", "cannot read the settings file "),
        (b"issuer = '\xff'", "cannot read the settings file "),
    ],
)
def test_a_bad_settings_file_is_refused_by_name(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    done = run(tmp_path, "user", "list", "--config", "settings.toml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"tokenhouse: {says}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("path", ["missing.toml", "."])
def test_a_settings_file_that_cannot_be_read_is_refused(empty: Service, path: str) -> None:
    line = refused(empty, "user", "list", "--config", path)
    assert line.startswith(f"cannot read the settings file {path}: ")


def test_a_flag_wins_over_the_environment_and_that_over_the_file(installation: Service) -> None:
    (installation.home / "settings.toml").write_text('issuer = "http://file.example"')
    config = ("--config", "settings.toml")
    assert issuer(installation, *config) == "http://file.example"
    installation.settings = {"issuer": "http://environment.example"}
    assert issuer(installation, *config) == "http://environment.example"


def test_the_data_folder_of_a_flag_wins_over_the_environment(
    installation: Service, tmp_path: Path
) -> None:
    installation.settings = {"data_dir": str(tmp_path / "nowhere")}
    assert installation.cli("user", "list").returncode == 0


def test_the_page_of_settings_is_what_the_program_has() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.cli.settings_page"
