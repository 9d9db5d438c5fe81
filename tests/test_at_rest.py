"""What a thief finds: no client secret, no password, no private key, no token.

Contract section 3 and the second bar of the first part. The search is the one of `strings`, over
every octet of every file, and of the log at its most talkative. The trap: a write-ahead log, a
journal or a log line keeps what the table does not.
"""

import base64
import re
import stat
from pathlib import Path

import pytest

from tests.conftest import StartService
from tests.people import (
    ME,
    Credential,
    Person,
    add_credential,
    add_person,
    client_token,
    sign_in,
)
from tests.protocol.assertions import right
from tests.protocol.table import World, by_jwt, by_post, form
from tests.raw import Request, send
from tests.service import Service

KEY_MARKS = [
    b"PRIVATE KEY",
    b'"d":',
    bytes.fromhex("308187020100301306072a8648ce3d0201"),  # PKCS #8 of a P-256 key, not encrypted
    bytes.fromhex("30770201010420"),  # an EC private key by RFC 5915
]
CHANGED = "the password after the change"


def spellings(secret: str) -> dict[str, bytes]:
    """The forms in which a secret could lie on a disk by mistake."""
    octets = secret.encode()
    forms = {
        "plain": octets,
        "reversed": octets[::-1],
        "hex": octets.hex().encode(),
        "utf-16": secret.encode("utf-16-le"),
        "core": octets[4:40],
    }
    for shift in range(3):
        # The same octets in base64 look different at each of three places.
        inside = base64.b64encode(b"x" * shift + octets)[shift + 1 : -4]
        forms[f"base64 at {shift}"] = inside
    return forms


def found(files: list[Path], secrets: dict[str, str]) -> list[str]:
    """Where something lies that should not."""
    contents = {path.name: path.read_bytes() for path in files}
    hits = [
        f"{what} as {form} in {name}"
        for what, secret in secrets.items()
        for form, octets in spellings(secret).items()
        for name, content in contents.items()
        if octets in content
    ]
    marks = [
        f"{mark!r} in {name}"
        for mark in KEY_MARKS
        for name, content in contents.items()
        if mark in content
    ]
    return hits + marks


def use_everything(service: Service) -> tuple[Credential, dict[str, str]]:
    """Go through every door that takes or gives a secret; the credential, and what was shown."""
    owner = add_person(service)
    app = add_credential(service, owner, name="searched for")
    w = World(service, owner, app, app, app)
    assertion = right(w).decode()
    shown = {
        "password": owner.password,
        "user token": owner.token,
        "client secret": app.client_secret,
        "client token": client_token(service, app),
        "assertion": assertion,
        "wrong secret": "ths_" + "WrongSecret0" * 6,
        "wrong password": "a wrong password of some length",
        "changed password": CHANGED,
    }
    grant = (("grant_type", "password"), ("username", owner.email))
    for request in (
        by_jwt(assertion.encode()),
        by_jwt(assertion.encode()),
        by_post(w),
        by_post(
            World(service, owner, Credential(app.client_id, shown["wrong secret"], owner), app, app)
        ),
        form(*grant, ("password", owner.password)),
        form(*grant, ("password", shown["wrong password"])),
        Request("GET", f"{ME}?access_token={owner.token}"),
        Request("GET", ME, (("Authorization", f"Bearer {shown['client token']}"),)),
    ):
        answer = send(service.port, request)
        told = [what for what, one in shown.items() if one.encode() in answer.body]
        assert answer.status == 200 or told == []
    change(service, owner)
    return app, shown | {"later user token": sign_in(service, owner.email, CHANGED).token}


def change(service: Service, owner: Person) -> None:
    """A new password, by the command line."""
    done = service.cli("user", "set-password", owner.email, "--password-stdin", input=CHANGED)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def used(start_service: StartService) -> tuple[Service, Credential, dict[str, str]]:
    """A server that was used in every way."""
    service = start_service({"log_level": "debug"})
    return service, *use_everything(service)


@pytest.mark.on_sqlite
def test_no_secret_lies_in_any_file(used: tuple[Service, Credential, dict[str, str]]) -> None:
    service, app, secrets = used
    for end in (None, service.kill9, service.start, service.stop):
        if end is not None:
            end()
        files = [path for path in service.data_dir.rglob("*") if path.is_file()]
        assert files
        assert found(files, secrets) == []
        # The search finds what does lie there, so it would find a secret too.
        assert any(app.client_id.encode() in path.read_bytes() for path in files)
        assert any(app.owner.email.encode() in path.read_bytes() for path in files)


def test_no_secret_lies_in_the_log(used: tuple[Service, Credential, dict[str, str]]) -> None:
    service, _, secrets = used
    service.stop()
    assert service.log
    assert found([service.log_file], secrets) == []


def test_no_secret_shows_in_the_list_of_processes(
    used: tuple[Service, Credential, dict[str, str]], tmp_path: Path
) -> None:
    service, _, secrets = used
    service.stop()
    service.by_words = True
    service.start()
    for pid in {service.pid, *service.worker_pids}:
        shown = tmp_path / f"arguments-{pid}"
        shown.write_bytes(Path(f"/proc/{pid}/cmdline").read_bytes())
        assert b"serve" in shown.read_bytes()
        assert found([shown], secrets) == []


def test_no_process_leaves_its_memory_in_a_core_file(start_service: StartService) -> None:
    service = start_service(workers=2)
    for pid in {service.pid, *service.worker_pids}:
        limits = Path(f"/proc/{pid}/limits").read_text("utf-8")
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE), limits


def test_only_the_owner_may_read_the_data(start_service: StartService) -> None:
    service = start_service()
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in service.data_dir.rglob("*")
        if path.is_file()
    }
    assert modes["master.key"] == 0o600
    assert not {name: oct(mode) for name, mode in modes.items() if mode & 0o007}


@pytest.mark.on_sqlite
def test_stolen_database_gives_no_token_without_the_master_key(start_service: StartService) -> None:
    service, thief = start_service(), start_service()
    app = add_credential(service, add_person(service))
    service.stop()
    thief.stop()
    for path in service.data_dir.iterdir():
        if path.is_file() and path.name != "master.key":
            (thief.data_dir / path.name).write_bytes(path.read_bytes())
    refused = thief.cli("user", "list")
    with pytest.raises(AssertionError, match="did not come up"):
        thief.start()
    assert "Traceback" not in thief.log
    assert app.client_secret not in thief.log + refused.stdout
