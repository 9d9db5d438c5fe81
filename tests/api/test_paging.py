"""Paging the list of app credentials: `limit` and `Link: <…>; rel="next"` (RFC 8288)."""

import re

import httpx
import pytest

from tests.conftest import MakeCredential, MakePerson
from tests.people import CLIENTS, Person
from tests.raw import Request, send
from tests.service import Service

COUNT = 7
NEXT = re.compile(r'<([^>]+)>; rel="next"')


@pytest.fixture(scope="module")
def owner(person: MakePerson, credential: MakeCredential) -> Person:
    """A person with seven credentials, some of them made within the same instant."""
    owner = person()
    for _ in range(COUNT):
        credential(owner)
    return owner


def pages(http: httpx.Client, owner: Person, first: str) -> list[list[str]]:
    """The ids, page by page, as a client that knows nothing but the header walks them."""
    found: list[list[str]] = []
    url: str | None = first
    while url is not None and len(found) <= COUNT:
        answer = http.get(url, headers=owner.bearer)
        assert answer.status_code == 200, answer.text
        found.append([one["client_id"] for one in answer.json()])
        link = NEXT.fullmatch(answer.headers.get("Link", ""))
        url = str(httpx.URL(str(http.base_url)).join(link[1])) if link else None
    return found


@pytest.mark.clause("RFC 8288 section 3")
@pytest.mark.parametrize(
    ("limit", "sizes"),
    [(1, [1] * 7), (2, [2, 2, 2, 1]), (3, [3, 3, 1]), (6, [6, 1]), (7, [7]), (100, [7])],
)
def test_pages_hold_everything_once_in_order(
    limit: int, sizes: list[int], http: httpx.Client, owner: Person
) -> None:
    whole = [one["client_id"] for one in http.get(CLIENTS, headers=owner.bearer).json()]
    found = pages(http, owner, f"{CLIENTS}?limit={limit}")
    assert [len(page) for page in found] == sizes
    assert [one for page in found for one in page] == whole


def test_without_limit_all_come_without_a_link(http: httpx.Client, owner: Person) -> None:
    answer = http.get(CLIENTS, headers=owner.bearer)
    assert len(answer.json()) == COUNT
    assert "Link" not in answer.headers


def test_one_deleted_between_two_pages_hides_no_other(
    http: httpx.Client, person: MakePerson, credential: MakeCredential
) -> None:
    owner = person()
    made = [credential(owner).client_id for _ in range(4)]
    first = http.get(f"{CLIENTS}?limit=2", headers=owner.bearer)
    http.delete(f"{CLIENTS}/{made[1]}", headers=owner.bearer)
    link = NEXT.fullmatch(first.headers["Link"])
    assert link is not None
    second = http.get(link[1], headers=owner.bearer)
    assert [one["client_id"] for one in second.json()] == made[2:]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=1.5",
        "limit=ten",
        "limit=1e400",
        "limit=NaN",
        "limit=" + "9" * 30,
        "limit=" + "9" * 5000,
        "limit=%00",
        "limit=%FF",
        "limit=1%00",
        "limit=",
    ],
)
def test_wrong_limit_is_refused(query: str, service: Service, owner: Person) -> None:
    shown = (("Authorization", f"Bearer {owner.token}"),)
    answer = send(service.port, Request("GET", f"{CLIENTS}?{query}", shown))
    assert answer.status == 422, answer
    assert [one["loc"] for one in answer.json()["detail"]] == [["query", "limit"]]


@pytest.mark.parametrize(
    "place", ["", "x", "%00", "%FF", "W10", "bnVsbA", "W1tbW1tbW10", "a" * 5000]
)
def test_link_that_was_tampered_with_is_refused(
    place: str, http: httpx.Client, service: Service, owner: Person
) -> None:
    link = NEXT.fullmatch(http.get(f"{CLIENTS}?limit=2", headers=owner.bearer).headers["Link"])
    assert link is not None
    path, _, query = httpx.URL(link[1]).raw_path.decode().partition("?")
    spoiled = "&".join(
        part if part.startswith("limit=") else f"{part.partition('=')[0]}={place}"
        for part in query.split("&")
    )
    shown = (("Authorization", f"Bearer {owner.token}"),)
    answer = send(service.port, Request("GET", f"{path}?{spoiled}", shown))
    assert answer.status in ({200, 422} if place == "" else {422}), answer


def test_link_of_another_person_shows_nothing_of_theirs(
    http: httpx.Client, owner: Person, someone: Person
) -> None:
    link = NEXT.fullmatch(http.get(f"{CLIENTS}?limit=2", headers=owner.bearer).headers["Link"])
    assert link is not None
    answer = http.get(link[1], headers=someone.bearer)
    assert answer.status_code == 200
    assert {one["user_id"] for one in answer.json()} <= {someone.id}
