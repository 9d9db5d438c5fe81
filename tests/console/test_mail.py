"""One-time links go to people by mail, over a real mail server; or to the administrator."""

import re
import socket
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from tests.conftest import WITHOUT_THROTTLE, NewDatabase, StartService
from tests.console.browser import CONSOLE, Browser
from tests.console.test_admin import NEW, link_of
from tests.mailbox import PASSWORD, SENDER, USER, Mailbox
from tests.people import BASIC, add_person
from tests.service import HOST, Service, free_port

Add = Callable[[Service, str], tuple[httpx.Response, Browser]]


@dataclass(frozen=True)
class Post:
    """A service that sends by whatever listens on one port, with the password of a file."""

    service: Service
    authority: trustme.CA  # the one that the service trusts
    port: int
    password_file: Path

    @contextmanager
    def office(self, authority: trustme.CA | None = None) -> Generator[Mailbox]:
        """A mail server on that port, which the service can sign in to."""
        self.password_file.write_text(PASSWORD + "\n")
        one = Mailbox(authority or self.authority, port=self.port)
        yield one
        one.close()


@pytest.fixture(scope="module")
def post(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase, workers: int
) -> Iterator[Post]:
    """One service for the tests of this module."""
    home, authority, port = tmp_path_factory.mktemp("post"), trustme.CA(), free_port()
    authority.cert_pem.write_to_path(str(home / "authority.pem"))
    settings = {
        "smtp_host": HOST,
        "smtp_port": str(port),
        "smtp_security": "starttls",
        "smtp_from": SENDER,
        "smtp_user": USER,
        "smtp_password_file": str(home / "password"),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(home / "authority.pem"))
        service = Service(home, workers, {**WITHOUT_THROTTLE, **settings}, new_database()).start()
    yield Post(service, authority, port, home / "password")
    service.close()


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


def test_link_is_mailed_and_not_shown(sent_link: Add, post: Post) -> None:
    service = post.service
    with post.office() as mailbox:
        page, browser = sent_link(service, "new-person@people.example")
        assert "was mailed to the person" in page.text
        assert "/reset/" not in page.text
        (message,) = mailbox.received
        # Two recipients in one text, and a name that this server does not have.
        for odd, why in (
            ("a,b@people.example", "to this address"),
            ("refused@people.example", "550"),
        ):
            shown = browser.follow(browser.send("/users", "/users", email=odd))
            assert "could not be mailed" in shown.text
            assert why in shown.text
            assert link_of(shown)
        assert len(mailbox.received) == 1
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
    assert link[1] not in service.log
    assert PASSWORD not in service.log


def test_password_file_is_read_each_time_and_told_to_nobody(sent_link: Add, post: Post) -> None:
    with post.office() as mailbox:
        post.password_file.write_text("another password 77Qx\n")
        page, browser = sent_link(post.service, "one@people.example")
        assert "refused smtp_user and its password (535)" in page.text
        assert link_of(page)
        for text in (page.text, post.service.log):
            assert "77Qx" not in text
        post.password_file.write_text(PASSWORD + "\n")
        page = browser.follow(browser.send("/users", "/users", email="two@people.example"))
        assert "was mailed" in page.text
        post.password_file.unlink()
        page = browser.follow(browser.send("/users", "/users", email="three@people.example"))
        assert "smtp_password_file" in page.text
        assert [one["To"] for one in mailbox.received] == ["two@people.example"]


def test_server_of_another_authority_is_not_trusted(sent_link: Add, post: Post) -> None:
    with post.office(trustme.CA()) as mailbox:
        page, _ = sent_link(post.service, "four@people.example")
        assert "certificate" in page.text
        assert link_of(page)
        assert mailbox.received == []


def test_tls_from_the_first_octet_and_the_password_among_the_settings(
    sent_link: Add, start_service: StartService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    mailbox = Mailbox(authority, "tls")
    try:
        page, _ = sent_link(start_service(mailbox.settings), "one@people.example")
        assert "was mailed" in page.text
        assert len(mailbox.received) == 1
    finally:
        mailbox.close()


def test_server_that_says_nothing_is_left_after_ten_seconds(sent_link: Add, post: Post) -> None:
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        silent.bind((HOST, post.port))
        silent.listen()
        post.password_file.write_text(PASSWORD + "\n")
        began = time.monotonic()
        page, _ = sent_link(post.service, "five@people.example")
        assert "no answer within 10 seconds" in page.text
        assert link_of(page)
        assert time.monotonic() - began < 20
