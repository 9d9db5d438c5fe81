"""What refuses to run, with which exit code and words; and that a refusal touches nothing."""

import socket
from pathlib import Path

import pytest

from tests.cli.damage import DAMAGES, Damage
from tests.service import HOST, Service

COMMANDS = (("serve",), ("user", "list"))


def content(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder with what it holds; None for a folder."""
    return {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
    }


def refused(service: Service, *args: str) -> str:
    """Run a command that must refuse, and return the one line that it says."""
    done = service.cli(*args)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("tokenhouse: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("tokenhouse: ").rstrip("\n")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_a_damaged_installation_is_refused_and_left_as_it_is(
    installation: Service, damage: Damage, command: tuple[str, ...]
) -> None:
    if damage.name == "nothing there" and command == ("serve",):
        pytest.skip("this is where serve makes a new one")
    damage.happen(installation.data_dir)
    before = content(installation.home)
    port = ("--port", str(installation.port)) if command == ("serve",) else ()
    line = refused(installation, *command, *port)
    assert line.startswith(damage.says.format(data=installation.data_dir))
    assert content(installation.home) == before


def test_a_port_in_use_is_refused_before_anything_is_made(empty: Service) -> None:
    with socket.create_server((HOST, empty.port)):
        line = refused(empty, "serve", "--port", str(empty.port))
    where = f"{HOST}:{empty.port}"
    assert line == (
        f"cannot listen on {where}: Address already in use; choose another --port or --host"
    )
    assert content(empty.home) == {}


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("0.0.0.0", "0.0.0.0 can be reached from outside and there is no TLS; set tls_cert"),  # noqa: S104 - it is refused
        ("::", ":: can be reached from outside and there is no TLS; set tls_cert"),
        ("192.0.2.1", "192.0.2.1 can be reached from outside and there is no TLS; set tls_cert"),
        ("host.invalid", "host.invalid can be reached from outside and there is no TLS; set tls_"),
    ],
)
def test_an_address_open_to_others_needs_tls(empty: Service, host: str, says: str) -> None:
    assert refused(empty, "serve", "--host", host).startswith(says)
    assert content(empty.home) == {}


def test_an_address_that_is_not_ours_is_refused(empty: Service) -> None:
    empty.settings = {"behind_tls_proxy": "true"}
    line = refused(empty, "serve", "--host", "192.0.2.1", "--port", str(empty.port))
    assert line.startswith(f"cannot listen on 192.0.2.1:{empty.port}: Cannot assign requested addr")


@pytest.mark.parametrize("there", [(), ("tls_cert",), ("tls_cert", "tls_key")], ids=len)
def test_a_certificate_that_cannot_be_used_is_refused(
    empty: Service, there: tuple[str, ...]
) -> None:
    empty.settings = {name: str(empty.home / name) for name in ("tls_cert", "tls_key")}
    for name in there:
        (empty.home / name).write_text("no PEM\n")
    line = refused(empty, "serve", "--port", str(empty.port))
    assert line.startswith("cannot serve TLS with tls_cert ")
    assert not empty.data_dir.exists()


@pytest.mark.parametrize("email", ["nobody", "a b@c.example", "a:b@c.example", "a@b@c", "a@b\n"])
def test_a_first_user_without_a_usable_address_is_refused_before_anything_is_made(
    empty: Service, email: str
) -> None:
    line = refused(empty, "serve", "--port", str(empty.port), "--first-user", email)
    assert line == "not an e-mail address that can be used"
    assert content(empty.home) == {}


def test_a_data_folder_that_is_a_file_is_refused(empty: Service) -> None:
    empty.data_dir.write_text("")
    line = refused(empty, "serve", "--port", str(empty.port))
    assert line == f"the data folder {empty.data_dir} cannot be used: File exists"
