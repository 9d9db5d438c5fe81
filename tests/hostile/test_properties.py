"""Whatever is sent: never a 5xx, and what is accepted an independent reader accepts too.

The readers are held to `tests/verifier.py` over HTTP, with octets that hypothesis makes up around
right requests. The fuzz targets hold them to it without HTTP, a thousand times as often.
"""

import base64
import json
import time
from urllib.parse import parse_qsl

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import jws, verifier
from tests.people import BASIC, CLIENTS, TOKEN
from tests.protocol.assertions import claims
from tests.protocol.table import FORM, World, by_jwt, by_post
from tests.raw import Answer, Request, send

SOME = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=4)), min_size=1, max_size=4
)


def edited(octets: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Some places of a right text cut out or written over."""
    for where, cut, put in edits:
        place = int(where * len(octets))
        octets = octets[:place] + put + octets[place + cut :]
    return octets


def asked(world: World, request: Request) -> Answer:
    """Send; never a 5xx."""
    answer = send(world.service.port, request)
    assert answer.status < 500, answer
    return answer


@SOME
@given(edits=EDITS)
def test_form_that_is_accepted_is_a_form(
    edits: list[tuple[float, int, bytes]], world: World
) -> None:
    body = edited(by_post(world).body, edits)
    answer = asked(world, Request("POST", TOKEN, (("Content-Type", FORM),), body))
    if answer.status == 200:
        pairs = verifier.form(body)
        assert pairs is not None
        assert dict(parse_qsl(by_post(world).body.decode())).items() <= dict(pairs).items()


@SOME
@given(edits=EDITS)
def test_basic_header_that_is_accepted_is_one(
    edits: list[tuple[float, int, bytes]], world: World
) -> None:
    right = base64.b64encode(f"{world.someone.email}:{world.someone.password}".encode())
    token = bytes(octet for octet in edited(right, edits) if octet >= 32 and octet != 127)
    answer = asked(world, Request("GET", BASIC, (("Authorization", b"Basic " + token),)))
    if answer.status == 200:
        read = verifier.basic("Basic " + token.decode("latin-1"))
        assert read == (world.someone.email, world.someone.password)


@SOME
@given(edits=EDITS, part=st.integers(0, 2))
def test_assertion_that_is_accepted_is_good(
    edits: list[tuple[float, int, bytes]], part: int, world: World
) -> None:
    header, payload = b'{"alg":"HS256","typ":"JWT"}', jws.dump(claims(world))
    secret = world.app.client_secret
    if part == 0:
        header = edited(header, edits)
    elif part == 1:
        payload = edited(payload, edits)
    text = jws.compact(header, payload, secret.encode())
    text = edited(text, edits) if part == 2 else text
    answer = asked(world, by_jwt(text))
    if answer.status == 200:
        audiences = {world.issuer, world.token_endpoint}
        assert (
            verifier.assertion(text.decode(), secret, audiences, time.time()) == world.app.client_id
        )


@SOME
@given(edits=EDITS)
def test_json_that_is_accepted_is_one_object(
    edits: list[tuple[float, int, bytes]], world: World
) -> None:
    body = edited(json.dumps({"name": "a name", "disabled": False}).encode(), edits)
    headers = (*world.someone.bearer.items(), ("Content-Type", "application/json"))
    answer = asked(world, Request("PATCH", f"{CLIENTS}/{world.app.client_id}", headers, body))
    if answer.status == 200:
        read = verifier.document(body)
        assert read is not None
        assert read.get("disabled", False) is False
    else:
        assert answer.status in {415, 422}
