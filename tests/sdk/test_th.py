"""The command `th`, as a customer runs it: what it keeps, what it shows, how it refuses."""

import os
import pty
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from tests.conftest import MakePerson
from tests.interop.forger import published_keys
from tests.people import CLIENTS
from tests.sdk.customer import NOTHING, WORDS, Customer
from tests.service import HOST, Service
from tokenhouse_sdk.cli import app

VERBS = ("list", "create", "rotate", "delete")
LEAVES = ("login", "logout", "token", "whoami", "check", *(f"credentials {verb}" for verb in VERBS))


@pytest.fixture
def stranger(tmp_path: Path, service: Service, person: MakePerson) -> Customer:
    """Somebody who has not logged in yet."""
    return Customer(tmp_path / "config", service, person())


@pytest.fixture
def customer(stranger: Customer) -> Customer:
    """Somebody who has."""
    assert stranger.login().returncode == 0
    return stranger


def refused(done: subprocess.CompletedProcess[str], says: str) -> None:
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("th: ")
    assert done.stderr.count("\n") == 1
    assert says in done.stderr


def owned(customer: Customer) -> list[dict[str, Any]]:
    """The app credentials that the service lists."""
    listed: list[dict[str, Any]] = httpx.get(
        customer.service.url + CLIENTS, headers=customer.person.bearer, trust_env=False
    ).json()
    return listed


def test_login_keeps_app_credentials_alone_in_a_private_file(stranger: Customer) -> None:
    done = stranger.login()
    assert done.returncode == 0, done.stderr
    assert stranger.file.stat().st_mode & 0o777 == 0o600
    assert stranger.file.parent.stat().st_mode & 0o777 == 0o700
    assert stranger.kept.keys() == {"url", "client_id", "client_secret"}
    assert [one["client_id"] for one in owned(stranger)] == [stranger.kept["client_id"]]
    assert owned(stranger)[0]["name"].startswith("th on ")
    assert stranger.kept["client_secret"] not in done.stdout + done.stderr


def test_login_asks_at_a_terminal_and_does_not_show_the_password(stranger: Customer) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*WORDS, "login", stranger.service.url],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=stranger.environment(),
        start_new_session=True,
    )
    os.close(theirs)
    said = answer_when_asked(ours, b"E-mail: ", stranger.person.email)
    said += answer_when_asked(ours, b"Password: ", stranger.person.password)
    assert process.wait(30) == 0, said
    os.close(ours)
    assert stranger.person.password.encode() not in said
    assert stranger.kept["url"] == stranger.service.url


def answer_when_asked(terminal: int, question: bytes, answer: str) -> bytes:
    said = b""
    while question not in said:
        said += os.read(terminal, 1024)
    os.write(terminal, answer.encode() + b"\n")
    return said


def test_login_again_leaves_no_credentials_behind(customer: Customer) -> None:
    former = customer.kept["client_id"]
    assert customer.login().returncode == 0
    assert customer.kept["client_id"] != former
    assert [one["client_id"] for one in owned(customer)] == [customer.kept["client_id"]]


def test_login_refuses_a_wrong_password_and_writes_nothing(stranger: Customer) -> None:
    refused(stranger.login("wrong"), "the service refused (400)")
    assert not stranger.file.exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://auth.example", "must begin with https://"),
        ("auth.example", "must begin with https://"),
        ("https://user:word@auth.example", "no user, query or fragment"),
        (f"http://{HOST}:1", "cannot be reached"),  # nobody listens there
    ],
)
def test_login_refuses_bad_places(stranger: Customer, url: str, says: str) -> None:
    refused(stranger.th("login", url, "--email", "a@b.example", "--password-stdin"), says)


def test_login_at_something_else_says_so(stranger: Customer) -> None:
    with published_keys() as other:
        url = f"http://{HOST}:{other.server_port}"
        done = stranger.th("login", url, "--email", "a@b.example", "--password-stdin", given="x")
    refused(done, "is the URL right?")


def test_login_without_a_terminal_says_how(stranger: Customer) -> None:
    refused(stranger.th("login", stranger.service.url), "--email")
    with_email = ("login", stranger.service.url, "--email", "a@b.example")
    refused(stranger.th(*with_email), "--password-stdin")


def test_logout_deletes_here_and_there(customer: Customer) -> None:
    customer.said("logout")
    assert not customer.file.exists()
    assert owned(customer) == []
    refused(customer.th("whoami"), "th login URL")


def test_logout_says_what_it_could_not_do(customer: Customer) -> None:
    kept = customer.kept
    httpx.delete(
        f"{customer.service.url}{CLIENTS}/{kept['client_id']}",
        headers=customer.person.bearer,
        trust_env=False,
    )
    refused(customer.th("logout"), "forgotten here")
    assert not customer.file.exists()


def test_token_and_check(customer: Customer) -> None:
    token = customer.said("token").strip()
    assert customer.said("token", "--header").startswith("Authorization: Bearer ey")
    assert customer.json("token")["expires_in"] == 900
    claims = customer.json("check", token)
    assert claims["client_id"] == customer.kept["client_id"]
    assert customer.kept["client_id"] in customer.said("check", "-", given=f"{token}\n")
    refused(customer.th("check", "-", given=f"{token}x"), "not good: ")
    refused(customer.th("check", token, "--audience", "https://other.example"), "another API")


def test_check_knows_what_was_revoked(customer: Customer) -> None:
    other = customer.json("credentials", "create")
    environ = {
        "TOKENHOUSE_URL": customer.service.url,
        "TOKENHOUSE_CLIENT_ID": other["client_id"],
        "TOKENHOUSE_CLIENT_SECRET": other["client_secret"],
    }
    token = customer.th("token", more=environ).stdout
    customer.said("check", "-", given=token)
    customer.said("credentials", "delete", other["client_id"], "--yes")
    refused(customer.th("check", "-", given=token), "revoked")


def test_whoami(customer: Customer) -> None:
    me = customer.json("whoami")
    assert (me["email"], me["id"]) == (customer.person.email, customer.person.id)
    assert customer.person.email in customer.said("whoami")


def test_credentials(customer: Customer) -> None:
    said = customer.said("credentials", "create", "--name", "nightly", "--expires-in", "3600")
    client_id, secret = said.split()[1::2]
    listed = customer.json("credentials", "list")
    assert [one["name"] for one in listed[1:]] == ["nightly"]
    assert listed[1]["expires_at"] is not None
    table = customer.said("credentials", "list")
    assert [line.split()[-1] for line in table.splitlines()] == ["active", "active"]
    assert secret not in table
    rotated = customer.json("credentials", "rotate", client_id)
    assert rotated["client_secret"] != secret
    customer.said("credentials", "delete", client_id, "--yes")
    assert len(customer.json("credentials", "list")) == 1
    refused(customer.th("credentials", "delete", client_id, "--yes"), "knows no such")


def test_delete_asks_first(customer: Customer) -> None:
    which = customer.json("credentials", "create")["client_id"]
    assert customer.th("credentials", "delete", which, given="n\n").returncode == 1
    assert len(owned(customer)) == 2
    assert customer.th("credentials", "delete", which, given="y\n").returncode == 0
    assert len(owned(customer)) == 1


def test_rotate_its_own_secret_stores_it_and_shows_nothing(customer: Customer) -> None:
    former = customer.kept
    done = customer.th("credentials", "rotate", "--old-secret-expires-in", "0")
    assert (done.returncode, done.stdout) == (0, "")
    assert customer.kept["client_secret"] != former["client_secret"]
    assert {**customer.kept, "client_secret": ""} == {**former, "client_secret": ""}
    assert customer.file.stat().st_mode & 0o777 == 0o600
    customer.said("whoami")


def test_a_file_that_others_can_read_is_refused(customer: Customer) -> None:
    customer.file.chmod(0o644)
    refused(customer.th("token"), "chmod 600")


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """The help of every command."""
    wide = CliRunner(env={"COLUMNS": "100"})
    names = ("", "credentials", *LEAVES)
    return {
        name: wide.invoke(app, [*name.split(), "--help"], prog_name="th").output for name in names
    }


def test_every_command_has_an_example_and_takes_no_secret(helps: dict[str, str]) -> None:
    for name in LEAVES:
        assert "Example: " in helps[name], name
        assert f"th {name}" in helps[name], name
    options = " ".join(helps.values())
    assert "--password " not in options
    assert "--client-secret" not in options
    assert "--show-completion" in helps[""]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_its_words(stranger: Customer, shell: str) -> None:
    script = stranger.th(more={"_TH_COMPLETE": f"source_{shell}"}).stdout
    assert "th" in script
    asked = {"_TH_COMPLETE": "complete_bash", "COMP_WORDS": "th cred", "COMP_CWORD": "1"}
    assert stranger.th(more=asked).stdout.split() == ["credentials"]


def test_colours_only_on_a_terminal(customer: Customer) -> None:
    assert "\x1b" not in customer.said("credentials", "list")
    assert b"\x1b[32m" in on_a_terminal(customer, NOTHING)
    assert b"\x1b" not in on_a_terminal(customer, {"NO_COLOR": "1"})


def on_a_terminal(customer: Customer, more: Mapping[str, str]) -> bytes:
    """What `th credentials list` writes to a terminal."""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*WORDS, "credentials", "list"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        env=customer.environment({"TERM": "xterm", **more}),
        timeout=60,
        check=False,
    )
    os.close(theirs)
    assert done.returncode == 0
    said = os.read(ours, 4096)
    os.close(ours)
    return said
