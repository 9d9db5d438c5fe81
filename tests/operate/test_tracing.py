"""Traces: the steps of a token request in a collector, in the caller's trace, without a secret."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.cli.process import run
from tests.conftest import WITHOUT_THROTTLE, NewDatabase
from tests.faults.load import GRANT, assertion, by_assertion
from tests.operate import scrape
from tests.operate.collector import Collector
from tests.people import BASIC, CLIENTS, TOKEN, Credential, add_credential, add_person
from tests.service import Service
from tests.shape.test_architecture import PAGE

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{PARENT}-01"
STEPS = [
    "read",
    "needed_sender_key",
    "authenticate",
    "choose",
    "approve",
    "choose_audience",
    "issue",
]


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory, new_database: NewDatabase
) -> Iterator[tuple[Collector, Service, Credential]]:
    """A service that sends its traces, counts too, and a credential on it."""
    with pytest.MonkeyPatch.context() as patch, Collector() as collector:
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")  # milliseconds
        settings = {
            **WITHOUT_THROTTLE,
            **scrape.metrics_port(),
            "otlp_endpoint": collector.url,
        }
        home = tmp_path_factory.mktemp("traced")
        with Service(home, 1, settings, new_database()) as service:
            yield collector, service, add_credential(service, add_person(service))


def ask(service: Service, app: Credential, *parents: str, **form: str) -> httpx.Response:
    """Ask for a token, with these `traceparent` headers."""
    headers = [(b"traceparent", parent.encode("latin-1")) for parent in parents]
    auth = None if form else (app.client_id, app.client_secret)
    url = service.url + TOKEN
    return httpx.post(url, data=form or GRANT, auth=auth, headers=headers, trust_env=False)


def attributes(span: Span) -> dict[str, object]:
    return {
        one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes
    }


def test_spans_of_a_token_request_are_its_steps_and_batches(
    scene: tuple[Collector, Service, Credential],
) -> None:
    collector, service, app = scene
    shown = assertion(service, app)
    answer = ask(service, app, GOOD, **by_assertion(shown))
    assert answer.status_code == 200
    whole = collector.wait_for(
        lambda span: (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    )
    assert (whole.name, whole.kind) == (f"POST {TOKEN}", Span.SPAN_KIND_SERVER)
    said = attributes(whole)
    assert said.pop("tokenhouse.request_id")
    assert said == {
        "http.request.method": "POST",
        "http.route": TOKEN,
        "http.response.status_code": 200,
    }
    steps = {step.name: step for step in collector.inside(whole)}
    assert [name for name in steps if name in STEPS] == STEPS
    assert all(f"| `{name}` |" in PAGE for name in STEPS)
    of_steps = {name: [one.name for one in collector.inside(step)] for name, step in steps.items()}
    assert of_steps["authenticate"] == ["ask known", "ask use"]
    assert of_steps["issue"] == ["ask signed"]
    for step in (steps["authenticate"], steps["issue"]):
        for asked in collector.inside(step):
            (batch,) = collector.inside(asked)
            assert batch.name == asked.name.replace("ask", "batch")
            assert attributes(batch) == attributes(asked) == {"tokenhouse.batch.size": 1}
    assert {span.trace_id.hex() for span in (whole, *steps.values())} == {TRACE}
    assert collector.resource["service.name"] == "tokenhouse"
    sent = b"".join(collector.bodies)
    for secret in (app.client_secret, shown, answer.json()["access_token"], app.client_id):
        assert secret.encode() not in sent


def test_batch_is_linked_with_all_who_share_it(
    scene: tuple[Collector, Service, Credential],
) -> None:
    collector, service, app = scene
    until = time.monotonic() + 60
    while not (shared := [span for span in collector.spans if span.links]):
        assert time.monotonic() < until, "no two requests came at once"
        with ThreadPoolExecutor(16) as threads:
            answers = [threads.submit(ask, service, app) for _ in range(64)]
        assert {answer.result().status_code for answer in answers} == {200}
    batch, (link, *_) = shared[0], shared[0].links
    asked = batch.name.replace("batch", "ask")
    own = collector.wait_for(lambda span: span.span_id == batch.parent_span_id)
    other = collector.wait_for(lambda span: span.span_id == link.span_id)
    assert own.name == other.name == asked
    assert own.trace_id != other.trace_id == link.trace_id
    assert [one.span_id for one in other.links] == [batch.span_id]
    size = attributes(batch)["tokenhouse.batch.size"]
    assert size == attributes(other)["tokenhouse.batch.size"] == 1 + len(batch.links)


@pytest.mark.parametrize(
    "parents",
    [
        [],
        ["nothing"],
        [f"00-{TRACE}-{PARENT}"],
        [f"ff-{TRACE}-{PARENT}-01"],
        [f"00-{'0' * 32}-{PARENT}-01"],
        [f"00-{TRACE.upper()}-{PARENT}-01"],
        [f"00-{TRACE}-{PARENT}-01-"],
        [GOOD, GOOD],
        ["\xff" * 2000],
    ],
)
def test_traceparent_that_is_not_well_formed_is_ignored(
    scene: tuple[Collector, Service, Credential], parents: list[str]
) -> None:
    collector, service, app = scene
    before = {span.span_id for span in collector.spans}
    assert ask(service, app, *parents).status_code == 200
    whole = collector.wait_for(
        lambda span: span.span_id not in before and span.name == f"POST {TOKEN}"
    )
    assert whole.parent_span_id == b""
    assert whole.trace_id.hex() != TRACE


def test_caller_that_keeps_no_trace_gets_none(
    scene: tuple[Collector, Service, Credential],
) -> None:
    collector, service, app = scene
    unkept = "1" * 32
    assert ask(service, app, f"00-{unkept}-{PARENT}-00").status_code == 200
    assert ask(service, app, f"00-{'2' * 32}-{PARENT}-01").status_code == 200
    collector.wait_for(lambda span: span.trace_id.hex() == "2" * 32 and bool(span.attributes))
    assert unkept not in {span.trace_id.hex() for span in collector.spans}


def test_refusal_is_a_code_and_a_path_a_place(scene: tuple[Collector, Service, Credential]) -> None:
    collector, service, app = scene
    secret = app.client_secret[:-1] + ("a" if app.client_secret[-1] != "a" else "b")
    wrong = Credential(app.client_id, secret, app.owner)
    assert ask(service, wrong, f"00-{'3' * 32}-{PARENT}-01").status_code == 401
    step = collector.wait_for(
        lambda span: span.trace_id.hex() == "3" * 32 and span.name == "authenticate"
    )
    assert attributes(step) == {"error.type": "invalid_client"}
    http = httpx.Client(base_url=service.url, trust_env=False, headers=app.owner.bearer)
    with http:
        http.get(f"{CLIENTS}/{app.client_id}?password=hidden")
        http.get("/console/reset/hidden")
        http.request("PROPFIND", "/hidden")
        http.get(BASIC, auth=(app.owner.email, app.owner.password))
    for name in (f"GET {CLIENTS}", "GET /console", "_OTHER other", f"GET {BASIC}"):
        collector.wait_for(lambda span, name=name: span.name == name)  # type: ignore[misc]  # - bound by its default
    sent = b"".join(collector.bodies)
    for hidden in ("hidden", secret, app.client_id, app.owner.email, app.owner.password):
        assert hidden.encode() not in sent


def test_extra_that_is_missing_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['opentelemetry.sdk'] = None\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        done = run(tmp_path, "serve", settings={"otlp_endpoint": "http://127.0.0.1:4318"})
    assert done.returncode == 1
    assert "pip install 'tokenhouse[otel]'" in done.stderr
