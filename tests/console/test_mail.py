"""One-time links go to people by mail, over a real mail server; or to the administrator."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartService
from tests.console.browser import CONSOLE, Browser
from tests.console.test_admin import NEW, link_of
from tests.mailbox import PASSWORD, SENDER, Mailbox
from tests.people import BASIC, add_person
from tests.service import HOST, Service

Add = Callable[[Service, str], tuple[httpx.Response, Browser]]


@pytest.fixture
def sent_link() -> Iterator[Add]:
    """Adds a person, and gives what the administrator sees, and the administrator's browser."""
    opened: list[Browser] = []

    def add(service: Service, email: str) -> tuple[httpx.Response, Browser]:
        browser = Browser(service).sign_in(add_person(service, admin=True))
        opened.append(browser)
        return browser.follow(browser.send("/users", "/users", email=email)), browser

    yield add
    for one in opened:
        one.http.close()


def test_link_is_mailed_and_not_shown(
    sent_link: Add, start_service: StartService, mailbox: Mailbox
) -> None:
    service = start_service(mailbox.settings)
    page, browser = sent_link(service, "new-person@people.example")
    assert "was mailed to the person" in page.text
    assert "/reset/" not in page.text
    (message,) = mailbox.received
    assert message["To"] == message["X-Recipients"] == "new-person@people.example"
    assert message["From"] == SENDER
    assert message["Date"]
    link = re.search(rf"{service.url}{CONSOLE}(/reset/\S+)", message.get_content())
    assert link is not None
    theirs = Browser(service)
    assert theirs.send(link[1], link[1], new_password=NEW, again=NEW).status_code == 303
    theirs.http.close()
    signed_in = httpx.get(service.url + BASIC, auth=("new-person@people.example", NEW))
    assert signed_in.status_code == 200
    # Two recipients in one text, and a name that this server does not have.
    for odd, why in (("a,b@people.example", "to this address"), ("refused@people.example", "550")):
        shown = browser.follow(browser.send("/users", "/users", email=odd))
        assert "could not be mailed" in shown.text
        assert why in shown.text
        assert link_of(shown)
    assert len(mailbox.received) == 1
    assert link[1] not in service.log
    assert PASSWORD not in service.log


def test_password_may_stand_in_a_file_and_is_told_to_nobody(
    sent_link: Add, start_service: StartService, mailbox: Mailbox, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    settings = {**mailbox.settings, "smtp_password_file": str(file)}
    del settings["smtp_password"]
    service = start_service(settings)
    file.write_text("another password 77Qx\n")
    page, browser = sent_link(service, "one@people.example")
    assert "refused smtp_user and its password (535)" in page.text
    assert link_of(page)
    for text in (page.text, service.log):
        assert "77Qx" not in text
    file.write_text(PASSWORD + "\n")
    page = browser.follow(browser.send("/users", "/users", email="two@people.example"))
    assert "was mailed" in page.text
    file.unlink()
    page = browser.follow(browser.send("/users", "/users", email="three@people.example"))
    assert "smtp_password_file" in page.text
    assert [one["To"] for one in mailbox.received] == ["two@people.example"]


def test_server_of_another_authority_is_not_trusted(
    sent_link: Add, start_service: StartService, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    page, _ = sent_link(start_service(mailbox.settings), "one@people.example")
    assert "certificate" in page.text
    assert link_of(page)
    assert mailbox.received == []


def test_tls_from_the_first_octet(
    sent_link: Add, start_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Mailbox(tmp_path, "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(mailbox.authority))
    try:
        page, _ = sent_link(start_service(mailbox.settings), "one@people.example")
        assert "was mailed" in page.text
        assert len(mailbox.received) == 1
    finally:
        mailbox.close()


def test_server_that_says_nothing_is_left_after_ten_seconds(
    sent_link: Add, start_service: StartService
) -> None:
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        port = str(silent.getsockname()[1])
        service = start_service({"smtp_host": HOST, "smtp_port": port, "smtp_from": SENDER})
        began = time.monotonic()
        page, _ = sent_link(service, "one@people.example")
        assert "no answer within 10 seconds" in page.text
        assert link_of(page)
        assert time.monotonic() - began < 20
