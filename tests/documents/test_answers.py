"""Every documented operation, really called, answers as the document says, right and refused."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.documents.calls import CALLS
from tests.documents.scene import LARGE, UNKNOWN, Scene, Send
from tests.documents.spec import Operation, Spec, escaped
from tests.people import add_credential, add_person
from tests.service import Service

HEADER_LIMIT = 16_384
TOO_LONG = 431


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase) -> Iterator[Scene]:
    """A server of this module's own, since some calls change all of it."""
    home = tmp_path_factory.mktemp("service")
    with (
        Service(home, settings=WITHOUT_THROTTLE, database_url=new_database()) as service,
        httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http,
    ):
        person, admin = add_person(service), add_person(service, admin=True)
        app, _ = add_credential(service, person), add_credential(service, person)
        yield Scene(http, service, person, admin, app)


def filled(operation: Operation) -> str:
    """Its path, with what is known to nobody, or a file that is there."""
    path = operation.path.replace("assets/{name}", "assets/favicon.png")
    return re.sub(r"\{\w+\}", UNKNOWN, path)


def hold(spec: Spec, operation: Operation, answer: httpx.Response) -> None:
    """Hold an answer against what is documented for its status: body, type and headers."""
    assert str(answer.status_code) in operation.body["responses"], (operation.id, answer)
    pointer, documented = spec.answer(operation, answer.status_code)
    for name in documented.get("headers", {}):
        _hold_header(spec, f"{pointer}/headers/{name}", name, answer)
    content = documented.get("content")
    if content is None:
        assert answer.content == b""
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    assert media_type in content
    if media_type == "application/json":
        where, body = f"{pointer}/content/{escaped(media_type)}/schema", answer.json()
        assert spec.errors(where, body) == []
        assert spec.undocumented(where, body) == set()


def shown(spec: Spec, operation: Operation, answer: httpx.Response) -> object:
    """The one example of this status."""
    _, documented = spec.answer(operation, answer.status_code)
    return documented["content"]["application/json"]["example"]


def _hold_header(spec: Spec, pointer: str, name: str, answer: httpx.Response) -> None:
    where, header = spec.at(pointer)
    text = answer.headers.get(name)
    if text is None:
        assert not header.get("required"), name
        return
    value: Any = int(text) if header["schema"].get("type") == "integer" else text
    assert spec.errors(f"{where}/schema", value) == [], name


@pytest.mark.parametrize(
    ("operation", "status", "send"),
    [pytest.param(*call, id=f"{place} {call[0]} {call[1]}") for place, call in enumerate(CALLS)],
)
def test_answer_is_as_documented(
    operation: str, status: int, send: Send, spec: Spec, scene: Scene
) -> None:
    answer = send(scene)
    assert answer.status_code == status, answer.text
    hold(spec, spec.operation(operation), answer)


def test_every_operation_is_called(spec: Spec) -> None:
    called = {(name, status < httpx.codes.BAD_REQUEST) for name, status, _ in CALLS}
    right = {name for name, is_right in called if is_right}
    assert right == {operation.name for operation in spec.operations}


def test_every_operation_refuses_a_long_header_block_as_documented(
    spec: Spec, scene: Scene
) -> None:
    long = {**scene.bearer, "X-Long": "a" * HEADER_LIMIT}
    statuses: dict[str, int] = {}
    for operation in spec.operations:
        path = filled(operation)
        answer = scene.http.request(operation.method, path, headers=long)
        statuses[operation.name] = answer.status_code
        if answer.status_code == TOO_LONG:
            hold(spec, operation, answer)
            assert answer.json() == shown(spec, operation, answer)
    assert {name: status for name, status in statuses.items() if status != TOO_LONG} == {}


def test_every_operation_with_a_body_refuses_a_large_one_as_documented(
    spec: Spec, scene: Scene
) -> None:
    bounded = [operation for operation in spec.operations if "requestBody" in operation.body]
    assert len(bounded) >= 4
    for operation in bounded:
        path = filled(operation)
        form = {"Content-Type": "application/x-www-form-urlencoded", **scene.bearer}
        answer = scene.http.request(operation.method, path, headers=form, content=LARGE)
        assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE, operation.name
        hold(spec, operation, answer)
        assert answer.json() == shown(spec, operation, answer)
