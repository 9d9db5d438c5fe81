"""Every row of the catalogue: its right answer, and what no answer to a stranger may be.

The rows stand in the other files here. The trap: an attack that is
answered rightly, and leaves something behind all the same; so what the world holds is compared.
"""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.hostile import assertions, bodies, forms, framing, limits, targets, tokens
from tests.hostile.table import Hostile, exchange
from tests.people import CLIENTS, ME
from tests.protocol.table import World, by_post
from tests.raw import Answer, send

ROWS: list[Hostile] = [
    row
    for page in (framing, targets, limits, forms, assertions, tokens, bodies)
    for row in page.ROWS
]
LEAST = 250
INSIDES = re.compile(rb'Traceback|File "|sqlalchemy|psycopg|sqlite|site-packages|0x[0-9a-f]{8}')


@pytest.fixture(scope="module", autouse=True)
def unharmed(world: World, http: httpx.Client) -> Iterator[None]:
    """After all rows the server answers, and these people have what they had."""
    before = held(world, http)
    yield
    assert held(world, http) == before
    assert send(world.service.port, by_post(world)).status == 200


def held(world: World, http: httpx.Client) -> list[object]:
    """What the world's two people can see, less what rows with a good answer rightly move."""
    people = (world.someone, world.other.owner)
    seen = [http.get(path, headers=one.bearer).json() for one in people for path in (ME, CLIENTS)]
    for client in (*seen[1], *seen[3]):
        del client["last_used_at"], client["last_used_from"]  # written some seconds after a use
    return seen


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_hostile_request_gets_its_right_answer(row: Hostile, world: World) -> None:
    answers = exchange(world.service.port, row.sent(world))
    assert tuple(answer.status for answer in answers) == row.right, answers
    for answer in answers:
        told_apart(answer)


def told_apart(answer: Answer) -> None:
    """Hold what every answer has: its type, no version, nothing of the insides, a reason."""
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert not re.search(r"\d", answer.header("Server") or "")
    assert not INSIDES.search(answer.body)
    if answer.status >= 400 and answer.body:
        assert answer.json()["detail"]


def test_catalogue_is_as_long_as_it_claims_and_names_each_row_once() -> None:
    assert len(ROWS) >= LEAST
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(re.match(r"(RFC|CVE|CWE|WHATWG|contract)", row.source) for row in ROWS)
