"""Where credentials are found, what wins, and which files are refused."""

import json
from pathlib import Path

import pytest

from tokenhouse_sdk import Credentials, CredentialsError
from tokenhouse_sdk.calling.credentials import default_file, write

SECRET = "ths_of_file".ljust(64, "x")
MEMBERS = {"url": "https://auth.example/", "client_id": "of-file", "client_secret": SECRET}
ENVIRON = {
    "TOKENHOUSE_URL": "https://env.example",
    "TOKENHOUSE_CLIENT_ID": "of-environment",
    "TOKENHOUSE_CLIENT_SECRET": "ths_of_environment".ljust(64, "x"),
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment whose folder for settings is empty."""
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_the_environment_wins_over_the_default_file(environ: dict[str, str]) -> None:
    write(default_file(environ), MEMBERS)
    found = Credentials.find(environ={**environ, **ENVIRON})
    assert (found.url, found.client_id) == ("https://env.example", "of-environment")
    assert found.client_secret == ENVIRON["TOKENHOUSE_CLIENT_SECRET"]


def test_the_default_file(environ: dict[str, str]) -> None:
    write(default_file(environ), MEMBERS)
    assert default_file(environ).stat().st_mode & 0o777 == 0o600
    found = Credentials.find(environ=environ)
    assert (found.url, found.client_id) == ("https://auth.example", "of-file")


def test_a_file_that_is_named_wins_over_the_environment(
    environ: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path / "other.json", MEMBERS)
    found = Credentials.find(file=tmp_path / "other.json", environ={**environ, **ENVIRON})
    assert found.client_id == "of-file"
    named = {**environ, "TOKENHOUSE_CREDENTIALS_FILE": str(tmp_path / "other.json")}
    assert Credentials.find(environ=named).client_id == "of-file"


def test_what_the_service_answered_is_a_file_when_the_url_is_given(
    environ: dict[str, str], tmp_path: Path
) -> None:
    answered = {"user_id": "u", "name": "", "client_id": "c", "client_secret": SECRET, "jwks": None}
    write(tmp_path / "answer.json", answered)
    found = Credentials.find("https://auth.example", tmp_path / "answer.json", environ)
    assert (found.url, found.client_id) == ("https://auth.example", "c")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(environ: dict[str, str], mode: int) -> None:
    file = default_file(environ)
    write(file, MEMBERS)
    file.chmod(mode)
    with pytest.raises(CredentialsError, match="chmod 600") as told:
        Credentials.find(environ=environ)
    assert MEMBERS["client_secret"] not in str(told.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no JSON", "is not JSON"),
        ("[]", "not a JSON object"),
        (json.dumps({**MEMBERS, "url": None}), "names no url"),
        (json.dumps({**MEMBERS, "client_id": ""}), "names no client_id"),
        (json.dumps({**MEMBERS, "client_secret": 5}), "client_secret .* is no text"),
        (json.dumps({**MEMBERS, "client_secret": None}), "need a client_secret or a private key"),
        (json.dumps({**MEMBERS, "client_secret": SECRET[:20]}), "too short"),
        (json.dumps({**MEMBERS, "private_key": "x"}), "no unencrypted PEM"),
        (json.dumps({**MEMBERS, "url": "auth.example"}), "must begin with https"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    environ: dict[str, str], text: str, says: str
) -> None:
    file = default_file(environ)
    write(file, {})
    file.write_text(text, "utf-8")
    with pytest.raises(CredentialsError, match=says) as told:
        Credentials.find(environ=environ)
    assert "ths_" not in str(told.value)


def test_who_has_none_is_told_what_to_do(environ: dict[str, str]) -> None:
    with pytest.raises(CredentialsError, match="th login URL"):
        Credentials.find(environ=environ)


@pytest.mark.parametrize("missing", ["TOKENHOUSE_URL", "TOKENHOUSE_CLIENT_SECRET"])
def test_half_an_environment_is_refused(environ: dict[str, str], missing: str) -> None:
    """And never filled up from the file: those are other credentials."""
    write(default_file(environ), MEMBERS)
    half = {name: value for name, value in ENVIRON.items() if name != missing}
    with pytest.raises(CredentialsError):
        Credentials.find(environ={**environ, **half})
