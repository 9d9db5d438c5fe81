"""Browsers on the shared server."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser as Chromium

from tests.conftest import MakePerson
from tests.console.browser import Browser
from tests.console.window import Window
from tests.people import Person
from tests.service import Service

Open = Callable[..., Browser]
Start = Callable[..., Window]


@pytest.fixture
def browse(service: Service) -> Iterator[Open]:
    """Open a browser, signed in where a person is given; it is closed after the test."""
    opened: list[Browser] = []

    def browse_one(person: Person | None = None, **headers: str) -> Browser:
        one = Browser(service, **headers)
        opened.append(one)
        return one.sign_in(person) if person else one

    yield browse_one
    for one in opened:
        one.http.close()


@pytest.fixture(scope="module")
def admin(person: MakePerson) -> Person:
    """An administrator for the tests of a module."""
    return person(admin=True)


@pytest.fixture
def window(chromium: Chromium, service: Service) -> Iterator[Start]:
    """Fresh browser profiles; none of their pages may have complained."""
    opened: list[Window] = []

    def start(**options: object) -> Window:
        context = chromium.new_context(**options)  # type: ignore[arg-type]  # - Playwright's own options
        opened.append(Window(context, service))
        return opened[-1]

    yield start
    for one in opened:
        one.context.close()
        assert one.complaints == []
