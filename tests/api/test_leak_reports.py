"""Who may report leaked secrets, and in which form: that of GitHub's secret scanning partners.

The trap: a signature that is checked over something else than the octets that are read.
"""

import json
from collections.abc import Callable

import httpx
import pytest

from tests.api.desk import (
    BY_TOKEN,
    EXAMPLE,
    EXAMPLE_BODY,
    JSON,
    KEYS,
    LEAKS,
    OTHER_KEY,
    TOKEN,
    Desk,
    entry,
    listed,
    pem,
    signed,
)
from tests.documents.test_answers import hold
from tests.proofs import statuses

GOOD = json.dumps([entry("x")]).encode()
SIGNATURE = signed(GOOD)["Github-Public-Key-Signature"]
Headers = Callable[[Desk], list[tuple[str, str]]]


def headers(*given: tuple[str, str], **named: str) -> Headers:
    """Headers that do not depend on the desk."""
    underlined = [(name.replace("_", "-"), value) for name, value in named.items()]
    return lambda _: [*given, *underlined]


def test_signed_report_is_taken(desk: Desk) -> None:
    app = desk.credential()
    body = json.dumps([entry(app.client_secret)]).encode()
    answer = desk.http.post(LEAKS, content=body, headers={**JSON, **signed(body)})
    assert [one["label"] for one in answer.json()] == ["true_positive"]
    assert desk.events(app.owner)[0]["details"]["reported_by"] == "key:ours"


def test_published_example_is_taken(desk: Desk) -> None:
    answer = desk.http.post(LEAKS, content=EXAMPLE_BODY, headers={**JSON, **EXAMPLE})
    assert answer.status_code == 200
    assert [one["label"] for one in answer.json()] == ["false_positive"]


def test_keys_are_read_for_each_report(desk: Desk) -> None:
    body = json.dumps([entry("x")]).encode()

    def status() -> int:
        headers = {**JSON, **signed(body, OTHER_KEY, "new")}
        return desk.http.post(LEAKS, content=body, headers=headers).status_code

    assert status() == 401
    try:
        desk.keys.write_text(listed(new=pem(OTHER_KEY)))
        assert status() == 200
        for unfit in ("[]", "{}", "x", '{"public_keys": [{"key_identifier": "new", "key": 1}]}'):
            desk.keys.write_text(unfit)
            assert status() == 401
        assert "is not a list of public keys" in desk.service.log
        desk.keys.unlink()
        assert status() == 401
    finally:
        desk.keys.write_text(KEYS)


def as_a_person(desk: Desk) -> list[tuple[str, str]]:
    """The headers of who has signed in, and may not report for that."""
    return list(desk.somebody.owner.bearer.items())


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param(headers(), 401, id="nobody"),
        pytest.param(headers(Authorization="Bearer " + "x" * 43), 401, id="wrong token"),
        pytest.param(headers(Authorization="Bearer"), 401, id="no token"),
        pytest.param(headers(Authorization=f"Basic {TOKEN}"), 401, id="another scheme"),
        pytest.param(headers(*[("Authorization", f"Bearer {TOKEN}")] * 2), 400, id="twice"),
        pytest.param(as_a_person, 401, id="access token"),
        pytest.param(headers(*signed(GOOD + b" ").items()), 401, id="another body"),
        pytest.param(headers(*signed(GOOD, OTHER_KEY).items()), 401, id="another key"),
        pytest.param(headers(*signed(GOOD, name="x").items()), 401, id="unknown key"),
        pytest.param(headers(*signed(GOOD, name="rsa").items()), 401, id="RSA key"),
        pytest.param(headers(*signed(GOOD, name="p-384").items()), 401, id="another curve"),
        pytest.param(headers(("Github-Public-Key-Signature", SIGNATURE)), 401, id="no key"),
        pytest.param(headers(("Github-Public-Key-Identifier", "ours")), 401, id="no signature"),
        pytest.param(
            headers(*signed(GOOD).items(), ("Github-Public-Key-Signature", SIGNATURE)),
            401,
            id="two signatures",
        ),
        pytest.param(
            headers(
                ("Github-Public-Key-Identifier", "ours"), ("Github-Public-Key-Signature", "%%%")
            ),
            401,
            id="signature is not base64",
        ),
    ],
)
def test_who_may_not_report_is_refused(given: Headers, status: int, desk: Desk) -> None:
    sent = [*JSON.items(), *given(desk)]
    answer = desk.http.post(LEAKS, content=GOOD, headers=sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="tokenhouse"')
    hold(desk.spec, desk.spec.operation(f"POST {LEAKS}"), answer)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[", id="no JSON"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 20_000, id="deep"),
        pytest.param(json.dumps(entry("x")).encode(), id="no list"),
        pytest.param(b"[]", id="no entry"),
        pytest.param(json.dumps([entry("x")] * 257).encode(), id="too many"),
        pytest.param(b'[{"token":"a","token":"b","type":"t"}]', id="a name twice"),
        pytest.param(b'["x"]', id="an entry that is a text"),
        pytest.param(json.dumps([{"type": "t"}]).encode(), id="no token"),
        pytest.param(json.dumps([{"token": "t"}]).encode(), id="no type"),
        pytest.param(json.dumps([entry(1)]).encode(), id="a number"),
        pytest.param(json.dumps([entry(None)]).encode(), id="null as token"),
        pytest.param(json.dumps([entry("a\0b")]).encode(), id="NUL"),
        pytest.param(b'[{"token":"\\ud800","type":"t"}]', id="lone surrogate"),
        pytest.param(json.dumps([entry("x", type="ths_" + "A" * 60)]).encode(), id="long type"),
        pytest.param(json.dumps([entry("x", type="a b")]).encode(), id="odd type"),
        pytest.param(json.dumps([entry("x", url=7)]).encode(), id="url"),
        pytest.param(json.dumps([entry("x", source=[])]).encode(), id="source"),
    ],
)
def test_unfit_report_is_refused_whole(body: bytes, desk: Desk) -> None:
    app = desk.somebody
    body = body.replace(b'"x"', json.dumps(app.client_secret).encode(), 1)
    answer = desk.http.post(LEAKS, content=body, headers={**JSON, **BY_TOKEN})
    assert answer.status_code in {413, 422}, answer.text
    assert app.client_secret not in answer.text
    hold(desk.spec, desk.spec.operation(f"POST {LEAKS}"), answer)
    assert statuses(desk.service, app) == {200}


def test_other_methods_are_refused(desk: Desk) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = desk.http.request(method, LEAKS, headers=BY_TOKEN)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_it_is_off_unless_set(http: httpx.Client) -> None:
    for method in ("GET", "POST"):
        assert http.request(method, LEAKS, json=[entry("x")], headers=BY_TOKEN).status_code == 404
    assert LEAKS not in http.get("/openapi.json").json()["paths"]
