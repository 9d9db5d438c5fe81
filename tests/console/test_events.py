"""The audit trail in the console: one's own; all, filtered and verified, for administrators."""

import html
import re

import pytest

from tests.conftest import MakePerson
from tests.console.conftest import Open
from tests.people import Person

NOTHING = set[str]()
EVENT = re.compile(r"<h3>(\S+) <span class=\"state")


def events(page: str) -> list[str]:
    """The actions that a page lists, newest first."""
    return EVENT.findall(page)


def test_person_sees_what_was_done_to_them(
    browse: Open, person: MakePerson, someone: Person
) -> None:
    one = person()
    browser = browse(one)
    client_id, _ = browser.new_credential(name="seen")
    page = browser.get("/account/events").text
    assert events(page)[0] == "credential.created"
    assert client_id in page
    other = browse(someone).get("/account/events").text
    assert client_id not in other
    filtered = browser.get("/account/events?action=nothing.at.all").text
    assert events(filtered) == events(page)


def test_sessions_and_links_are_recorded(browse: Open, admin: Person, person: MakePerson) -> None:
    one = person()
    browser = browse(one)
    browser.send("/account", "/sign-out")
    browse(admin).send("/users", f"/users/{one.id}/reset")
    listed = events(browse(one).get("/account/events").text)
    assert {"session.ended", "user.reset_link_made"} <= set(listed)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("action=credential.created", {"credential.created"}),
        ("action=nothing.at.all", NOTHING),
        ("actor=user:{id}&action=credential.created", {"credential.created"}),
        ("actor=user:nobody", NOTHING),
        ("outcome=refused&actor=user:{id}", NOTHING),
        ("since=2999-01-01", NOTHING),
        ("until=2001-01-01", NOTHING),
        ("since=2001-01-01&action=credential.created&outcome=done", {"credential.created"}),
    ],
)
def test_administrator_filters(query: str, found: set[str], browse: Open, admin: Person) -> None:
    browser = browse(admin)
    browser.new_credential(name="filtered")
    page = browser.get("/audit?" + query.format(id=admin.id)).text
    assert set(events(page)) == found
    assert ("No event fits" in page) is (not found)


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=-1",
        "before=" + "9" * 40,
        "since=2026-02-31",
        "until=soon",
        "outcome=odd",
        "action=%00",
        "actor=" + "x" * 300,
        "target=%0A",
    ],
)
def test_odd_filter_counts_as_absent(query: str, browse: Open, admin: Person) -> None:
    answer = browse(admin).get(f"/audit?{query}")
    assert answer.status_code == 200
    assert events(answer.text)


def test_older_events_are_on_the_next_page(browse: Open, admin: Person) -> None:
    browser = browse(admin)
    for _ in range(18):  # each makes three events
        client_id, _ = browser.new_credential()
        page = f"/credentials/{client_id}"
        browser.send(page, page + "/state")
        browser.send(page, page + "/state")
    seen: list[str] = []
    path = f"/audit?actor=user:{admin.id}"
    for _ in range(3):
        page = html.unescape(browser.get(path).text)
        seen += re.findall(r"Number, request</dt><dd>(\d+)", page)
        more = re.search(r'href="/console(/audit\?[^"]+before=[^"]+)"', page)
        if not more:
            break
        path = more[1]
    assert len(seen) > 50
    assert seen == sorted(set(seen), key=int, reverse=True)


def test_chain_is_verified(browse: Open, admin: Person) -> None:
    page = browse(admin).send("/audit", "/audit").text
    assert "The chain is whole" in page
