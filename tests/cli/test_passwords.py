"""Where passwords come from and which are taken; the server beside it is the judge."""

import secrets
from pathlib import Path

import httpx
import pytest

from tests.cli.process import converse, run
from tests.people import BASIC
from tests.service import Service

PASSWORD = "correct horse battery"  # noqa: S105 - opens nothing


def address() -> str:
    """An e-mail address that nobody has."""
    return f"{secrets.token_hex(8)}@people.example"


@pytest.mark.parametrize(
    ("given", "password"),
    [
        ("correct horse\n", "correct horse"),
        ("correct horse\r\n", "correct horse"),
        ("correct horse", "correct horse"),
        ("correct horse\n\n", "correct horse\n"),
        ("\ncorrect horse\n", "\ncorrect horse"),
        ("  correct horse  \n", "  correct horse  "),
        ("päss:wörd 🐎🐎🐎", "päss:wörd 🐎🐎🐎"),
        ("x" * 1024, "x" * 1024),
    ],
)
def test_all_of_standard_input_less_one_line_end_is_the_password(
    service: Service, http: httpx.Client, given: str, password: str
) -> None:
    email = address()
    assert service.cli("user", "add", email, "--password-stdin", input=given).returncode == 0
    answer = http.get(BASIC, auth=(email.encode(), password.encode()))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"", "the password needs at least 12 characters"),
        (b"\n", "the password needs at least 12 characters"),
        (b"eleven char\n", "the password needs at least 12 characters"),
        ("ééééééééééé".encode(), "the password needs at least 12 characters"),
        (b"correct\0horse battery", "the password holds a NUL"),
        (b"correct horse \xff battery", "the password is not UTF-8"),
        (b"x" * 1025, "the password is longer than 1024 octets"),
        ("é".encode() * 513, "the password is longer than 1024 octets"),
    ],
)
def test_a_password_that_cannot_be_used_is_refused(
    service: Service, given: bytes, says: str
) -> None:
    email = address()
    done = service.cli("user", "add", email, "--password-stdin", input=given)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"tokenhouse: {says}"), done.stderr
    assert service.cli("user", "show", email).returncode == 1


@pytest.mark.on_sqlite
def test_the_shortest_password_is_a_setting(service: Service) -> None:
    where = ("--data-dir", str(service.data_dir))
    done = run(
        service.home,
        *("user", "add", address(), "--password-stdin", *where),
        settings={"password_min_length": "30"},
        given=PASSWORD,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "tokenhouse: the password needs at least 30 characters\n"


def test_without_a_terminal_a_password_is_not_asked_for(service: Service) -> None:
    done = service.cli("user", "add", address(), input=f"{PASSWORD}\n{PASSWORD}\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "tokenhouse: there is no terminal to ask for the password; pipe it to --password-stdin\n"
    )


@pytest.mark.on_sqlite
def test_on_a_terminal_it_is_asked_for_twice_and_never_shown(
    service: Service, http: httpx.Client
) -> None:
    email = address()
    status, seen = converse(
        service.home,
        *("user", "add", email, "--data-dir", str(service.data_dir)),
        answers=[("Password: ", PASSWORD), ("Repeat for confirmation: ", PASSWORD)],
    )
    assert (status, PASSWORD in seen) == (0, False)
    assert http.get(BASIC, auth=(email, PASSWORD)).status_code == 200


@pytest.mark.on_sqlite
def test_an_interrupt_at_the_prompt_ends_the_command(service: Service) -> None:
    email = address()
    status, seen = converse(
        service.home,
        *("user", "add", email, "--data-dir", str(service.data_dir)),
        answers=[("Password: ", None)],
    )
    assert (status, "Traceback" in seen) == (1, False)
    assert service.cli("user", "show", email).returncode == 1


def test_no_user_no_prompt(tmp_path: Path) -> None:
    status, seen = converse(tmp_path, "user", "add", address(), answers=[])
    assert status == 1
    assert "run: tokenhouse serve" in seen
    assert "Password" not in seen
