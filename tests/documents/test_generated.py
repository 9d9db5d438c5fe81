"""Requests that schemathesis makes from the document: each answer is as documented.

Half of them follow the document and half break it, each sent as one of several people and programs,
with paths that lead to something as often as not. Examples are the same in every run.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,  # pyright: ignore[reportUnknownVariableType] - typed in part
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.generation import GenerationMode

from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.documents.spec import Spec
from tests.people import add_credential, add_person, client_token
from tests.service import Service

EXAMPLES = 6  # of an operation, and as many that break the document
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Headers = dict[str, str]


@dataclass(frozen=True)
class Senders:
    """A server, who sends to it, and what there is for path parameters."""

    service: Service
    headers: tuple[Headers, ...]
    there: Mapping[str, str]


@pytest.fixture(scope="module")
def senders(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[Senders]:
    """A server of these tests' own: they may delete what they like."""
    home = tmp_path_factory.mktemp("generated")
    with Service(home, 1, WITHOUT_THROTTLE, new_database()) as service:
        person, admin, victim = (add_person(service, admin=one == 1) for one in range(3))
        apps = [add_credential(service, person) for _ in range(2)]
        program = {"Authorization": f"Bearer {client_token(service, apps[1])}"}
        there = {"client_id": apps[0].client_id, "user_id": victim.id}
        yield Senders(service, (person.bearer, admin.bearer, program, {}), there)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_generated_requests_are_answered_as_documented(
    spec: Spec, senders: Senders, mode: GenerationMode
) -> None:
    document: Any = schemathesis.openapi.from_dict(spec.document)
    operations = [found.ok() for found in document.get_all_operations()]
    assert {one.label for one in operations} == {one.name for one in spec.operations}
    sent = sum(hold(senders, one.as_strategy(generation_mode=mode)) for one in operations)
    assert sent > len(operations)


def hold(senders: Senders, cases: st.SearchStrategy[Any]) -> int:
    """Send some cases of an operation, until an answer is not as documented; how many were sent."""
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=cases, headers=st.sampled_from(senders.headers), there=st.booleans())
    def send(case: Any, headers: Headers, there: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        nonlocal sent
        if there:
            case.path_parameters = {
                name: senders.there.get(name, value) for name, value in case.path_parameters.items()
            }
        answer = case.call(base_url=senders.service.url, headers=headers)
        case.validate_response(answer, checks=CHECKS)
        sent += 1

    with suppress(Unsatisfiable):  # where nothing is sent, nothing can be wrong with it
        send()
    return sent
