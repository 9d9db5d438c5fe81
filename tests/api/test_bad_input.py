"""Bodies that no client of ours would send: each a clear 4xx, nothing repeated or changed.

Contract sections 1.4 and 5. The trap: a framework's own error answers repeat the input, and its
JSON reader takes what JSON is not.
"""

from typing import Any

import httpx
import pytest

from tests.conftest import MakeCredential
from tests.people import CLIENTS, ME, Credential, Person
from tests.raw import Request, send
from tests.service import Service

JSON = "application/json"
LIMIT = 65_536
MARK = "echo-of-the-input"
DEEP = b"[" * 5000 + b"]" * 5000

# What a member may not be, whatever the member.
VALUES: dict[str, bytes] = {
    "number": b"5",
    "1e400": b"1e400",
    "minus-1e400": b"-1e400",
    "10-to-the-30": b"1" + b"0" * 30,
    "5000-digits": b"9" * 5000,
    "nan": b"NaN",
    "infinity": b"Infinity",
    "object": b'{"a":{"b":1}}',
    "array-of-numbers": b"[1,2]",
    "deep": DEEP,
    "nul": b'"a\\u0000b"',
    "lone-surrogate": b'"\\ud800"',
    "lone-low-surrogate": b'"\\udfff"',
    "bad-utf-8": b'"\xff"',
    "surrogate-octets": b'"\xed\xa0\x80"',
}
MEMBERS = ["name", "description", "owner_id", "expires_at", "auth_methods", "disabled", "parent_id"]

BODIES: dict[str, tuple[bytes, set[int]]] = {
    "cut-off": (b'{"name":"' + MARK.encode(), {422}),
    "word": (MARK.encode(), {422}),
    "brace": (b"{", {422}),
    "trailing-comma": (b'{"name":"x",}', {422}),
    "two-documents": (b"{}{}", {422}),
    "single-quotes": (b"{'name':'x'}", {422}),
    "array": (b"[]", {422}),
    "array-of-objects": (b'[{"name":"x"}]', {422}),
    "string": (b'"' + MARK.encode() + b'"', {422}),
    "number": (b"5", {422}),
    "1e400": (b"1e400", {422}),
    "true": (b"true", {422}),
    "deep-array": (DEEP, {422}),
    "deep-object": (b'{"a":' * 5000 + b"1" + b"}" * 5000, {422}),
    "deep-never-closed": (b"[" * 50_000, {422}),
    "byte-order-mark": (b"\xef\xbb\xbf{}", {422}),
    "utf-16": ("{}".encode("utf-16"), {422}),
    "bad-utf-8": (b'{"name":"\xff"}', {422}),
    "name-twice": (b'{"name":"x","name":"y"}', {422}),
    "form": (b"name=x", {422}),
    "unknown-member": (b'{"nmae":"' + MARK.encode() + b'"}', {422}),
    "unknown-client-secret": (b'{"client_secret":"' + MARK.encode() + b'"}', {422}),
    "unknown-client-id": (b'{"client_id":"' + MARK.encode() + b'"}', {422}),
    "unknown-nul": (b'{"a\\u0000b":1}', {422}),
    "unknown-lone-surrogate": (b'{"\\ud800":1}', {422}),
    "unknown-long-name": (b'{"' + b"x" * 60_000 + b'":1}', {422}),
    "unknown-many": (b"{" + b",".join(b'"x%d":1' % n for n in range(5000)) + b"}", {422}),
    "64-kib-and-one": (b'{"name":"' + b"a" * (LIMIT - 10) + b'"}', {413}),
    "one-megabyte": (b'{"name":"' + b"a" * 1_000_000 + b'"}', {413}),
    "one-megabyte-of-brackets": (b"[" * 1_000_000, {413}),
}


def ask(service: Service, owner: Person, method: str, path: str, body: bytes, **more: str) -> Any:
    """Send a body and hold any refusal against the contract; the answer."""
    headers = (
        ("Authorization", f"Bearer {owner.token}"),
        ("Content-Type", more.get("media_type", JSON)),
    )
    answer = send(service.port, Request(method, path, headers, body))
    assert 400 <= answer.status < 500, answer
    detail = answer.json()["detail"]
    assert detail
    assert MARK.encode() not in answer.body
    if answer.status == 422:
        for one in detail:
            assert set(one) == {"loc", "msg", "type"}
            assert isinstance(one["loc"], list)
    return answer


def paths(app: Credential) -> dict[str, str]:
    """Where each method sends its body."""
    return {"POST": CLIENTS, "PATCH": f"{CLIENTS}/{app.client_id}", "PUT": f"{ME}/password"}


@pytest.fixture(autouse=True)
def unchanged(http: httpx.Client, app: Credential) -> Any:
    """Whatever was sent, this person's credentials are as they were."""
    before = http.get(CLIENTS, headers=app.owner.bearer)
    yield
    assert http.get(CLIENTS, headers=app.owner.bearer).content == before.content


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
@pytest.mark.parametrize(("body", "statuses"), BODIES.values(), ids=BODIES)
def test_wrong_body_is_refused(
    method: str,
    body: bytes,
    statuses: set[int],
    service: Service,
    app: Credential,
) -> None:
    answer = ask(service, app.owner, method, paths(app)[method], body)
    assert answer.status in statuses, answer


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_wrong_value_is_refused(
    member: str, value: bytes, service: Service, app: Credential
) -> None:
    body = b'{"%s":%s}' % (member.encode(), value)
    for method in ("POST", "PATCH"):
        known = not (method == "POST" and member in {"disabled", "parent_id"})
        if known and not (method == "PATCH" and member == "owner_id"):
            assert ask(service, app.owner, method, paths(app)[method], body).status == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"name": "a" * 60_000},
        {"description": None},
        {"disabled": "yes"},
        {"disabled": 1},
        {"disabled": None},
        {"expires_at": 1_900_000_000},
        {"expires_at": 1.5},
        {"expires_at": "1900000000"},
        {"expires_at": True},
        {"expires_at": ""},
        {"expires_at": "tomorrow"},
        {"expires_at": "2099-01-01"},
        {"expires_at": "2099-01-01T00:00:00"},
        {"expires_at": "2099-13-01T00:00:00Z"},
        {"expires_at": "2099-02-30T00:00:00Z"},
        {"expires_at": "99999-01-01T00:00:00Z"},
        {"expires_at": "0001-01-01T00:00:00+23:59"},
        {"expires_at": "9999-12-31T23:59:59-23:59"},
        {"auth_methods": []},
        {"auth_methods": ["none"]},
        {"auth_methods": ["client_secret_basic", "bogus"]},
        {"auth_methods": "client_secret_basic"},
        {"auth_methods": {"client_secret_basic": True}},
        {"auth_methods": [None]},
        {"auth_methods": ["client_secret_basic"] * 1000},
        {"parent_id": "00000000-0000-0000-0000-000000000000"},
        {"parent_id": ""},
        {"parent_id": False},
        {"owner_id": None},
        {"user_id": "someone"},
        {"client_id": None},
        {"created_at": None},
        {"may_introspect": "true"},
        {"may_introspect": None},
    ],
    ids=lambda changes: str(changes)[1:60],
)
def test_wrong_change_is_refused(
    changes: dict[str, Any],
    service: Service,
    app: Credential,
) -> None:
    body = httpx.Request("PATCH", "http://127.0.0.1", json=changes).content
    answer = ask(service, app.owner, "PATCH", paths(app)["PATCH"], body)
    assert answer.status == 422
    assert next(iter(changes)) in {part for one in answer.json()["detail"] for part in one["loc"]}


def test_unknown_members_are_named(service: Service, app: Credential) -> None:
    body = b'{"name":"x","nmae":"y","colour":"z"}'
    for method in ("POST", "PATCH"):
        answer = ask(service, app.owner, method, paths(app)[method], body)
        assert answer.status == 422
        named = {part for one in answer.json()["detail"] for part in one["loc"]}
        assert {"nmae", "colour"} <= named


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "nonsense",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_other_media_type_is_refused(
    media_type: str, method: str, service: Service, app: Credential
) -> None:
    answer = ask(
        service, app.owner, method, paths(app)[method], b'{"name":"x"}', media_type=media_type
    )
    assert answer.status in {415, 422}


def test_64_kib_are_read(service: Service, credential: MakeCredential) -> None:
    app = credential()
    filler = b" " * (LIMIT - len(b'{"name":"x"}'))
    headers = (("Authorization", f"Bearer {app.owner.token}"), ("Content-Type", JSON))
    body = b'{"name":"x"' + filler + b"}"
    path = f"{CLIENTS}/{app.client_id}"
    assert send(service.port, Request("PATCH", path, headers, body)).status == 200
