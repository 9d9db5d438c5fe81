"""When sessions and one-time links are over, by a server whose clock is moved."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.console.browser import Browser
from tests.people import add_person
from tests.service import Service

Open = Callable[[], Browser]
HOUR, DAY = 3600, 86400


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server whose clock the tests move on, never back."""
    with Service(tmp_path_factory.mktemp("timed"), clock_ahead=0) as running:
        yield running


@pytest.fixture
def browse(timed: Service) -> Iterator[Open]:
    """Open browsers; they are closed after the test."""
    opened: list[Browser] = []

    def browse_one() -> Browser:
        opened.append(Browser(timed))
        return opened[-1]

    yield browse_one
    for one in opened:
        one.http.close()


def later(service: Service, seconds: int) -> None:
    """Move the clock on."""
    service.move_clock((service.clock_ahead or 0) + seconds)


def test_session_ends_after_an_hour_without_a_person(timed: Service, browse: Open) -> None:
    browser = browse().sign_in(add_person(timed))
    client_id, _ = browser.new_credential()
    later(timed, HOUR // 2)
    assert browser.is_signed_in
    later(timed, HOUR // 2 + 60)
    assert browser.is_signed_in
    secrets, by_itself = f"/console/credentials/{client_id}/secrets", {"hx-request": "true"}
    later(timed, HOUR // 2 + 60)
    assert browser.http.get(secrets, headers=by_itself).status_code == 200
    later(timed, HOUR // 2)
    over = browser.http.get(secrets, headers=by_itself)
    assert (over.status_code, over.headers["hx-refresh"]) == (204, "true")
    assert not browser.is_signed_in


def test_session_ends_after_twelve_hours_whatever_is_done(timed: Service, browse: Open) -> None:
    browser = browse().sign_in(add_person(timed))
    for _ in range(23):
        later(timed, HOUR // 2)
        assert browser.is_signed_in
    later(timed, HOUR // 2)
    assert not browser.is_signed_in


def test_link_is_over_after_a_day(timed: Service, browse: Open) -> None:
    person = add_person(timed, admin=True)
    browser = browse().sign_in(person)
    page = browser.follow(browser.send("/users", f"/users/{person.id}/reset")).text
    found = re.search(r"/console(/reset/[A-Za-z0-9_.-]+)", page)
    assert found
    later(timed, DAY - 60)
    assert browse().get(found[1]).status_code == 200
    later(timed, 61)
    assert browse().get(found[1]).status_code == 404
