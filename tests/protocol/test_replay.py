"""Once means once: an assertion again, after a crash, and in sixteen copies at once.

RFC 7523 section 3 (jti), RFC 7519 section 4.1.7, RFC 8725 section 3.10. The trap: a check and a
record that are two steps let two copies through; a record that waits for a flush is lost by a
crash.
"""

import socket
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.people import add_credential, add_person
from tests.protocol.assertions import ABSENT, Make, ahead, right, with_claims
from tests.protocol.checks import assertion_refusal
from tests.protocol.table import World, by_jwt
from tests.raw import Answer, receive, send
from tests.service import HOST, Service

pytestmark = pytest.mark.clause("RFC 7519 section 4.1.7")

COPIES = 16
ROUNDS = 100


@pytest.fixture(scope="module")
def two_workers(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[World]:
    """A server of this module's own, with two workers, that its tests may kill."""
    home = tmp_path_factory.mktemp("replay")
    with Service(home, 2, WITHOUT_THROTTLE, new_database()) as service:
        app = add_credential(service, add_person(service))
        yield World(service, app.owner, app, app, app)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(right, id="a-minute-ahead"),
        pytest.param(with_claims(exp=ahead(3600)), id="an-hour-ahead"),
        pytest.param(with_claims(exp=ahead(-5)), id="within-leeway"),
        pytest.param(with_claims(iat=ABSENT), id="without-iat"),
    ],
)
def test_second_use_is_refused(make: Make, world: World, refused: Answer) -> None:
    request = by_jwt(make(world))
    assert send(world.service.port, request).status == 200
    for _ in range(3):
        assertion_refusal(send(world.service.port, request), request, refused)


def test_second_assertion_with_the_same_jti_is_refused(world: World, refused: Answer) -> None:
    first, second = (
        by_jwt(with_claims(jti="once", exp=ahead(seconds))(world)) for seconds in (60, 600)
    )
    assert send(world.service.port, first).status == 200
    assertion_refusal(send(world.service.port, second), second, refused)


def test_second_use_is_refused_after_kill_and_restart(two_workers: World) -> None:
    service = two_workers.service
    requests = [by_jwt(right(two_workers)) for _ in range(20)]
    for request in requests:
        assert send(service.port, request).status == 200
    service.kill9()
    service.start()
    statuses = {send(service.port, request).status for request in requests}
    assert statuses == {401}
    assert send(service.port, by_jwt(right(two_workers))).status == 200


def test_of_sixteen_copies_at_once_on_two_workers_one_is_accepted(two_workers: World) -> None:
    for _ in range(ROUNDS):
        answers = at_once(
            two_workers.service.port, by_jwt(right(two_workers)).wire(two_workers.service.port)
        )
        assert Counter(answer.status for answer in answers) == {200: 1, 401: COPIES - 1}


def at_once(port: int, wire: bytes) -> list[Answer]:
    """Send copies of one request: all but the last octet, then the last ones in a row."""
    connections = [socket.create_connection((HOST, port), 30) for _ in range(COPIES)]
    try:
        for connection in connections:
            connection.sendall(wire[:-1])
        for connection in connections:
            connection.sendall(wire[-1:])
        return [receive(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.close()
