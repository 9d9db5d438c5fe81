"""Client assertions for the rows: a right one, and the same with one thing changed."""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests import jws
from tests.people import Credential
from tests.protocol.table import World

Make = Callable[[World], bytes]
"""Makes an assertion when the row runs, since it must not be old by then."""

ABSENT = jws.Literal("absent")
"""Leave this member out."""

Change = Callable[[World], object] | str | float | list[Any] | dict[str, Any] | None
"""Another value for a member: as it is, or reckoned from the world when the row runs."""


def cases(table: Mapping[str, tuple[str, Make]]) -> pytest.MarkDecorator:
    """Run a test once an assertion, named, with the clause that asks for its refusal."""
    return pytest.mark.parametrize(
        "make",
        [
            pytest.param(make, id=name, marks=pytest.mark.clause(at))
            for name, (at, make) in table.items()
        ],
    )


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def ahead(seconds: int) -> Callable[[World], int]:
    """A time from now, reckoned when the row runs."""
    return lambda _: now() + seconds


def claims(w: World, app: Credential | None = None, /, **changes: Change) -> dict[str, Any]:
    """The right claims, with `changes`; a change may be ABSENT, or a function of the world."""
    app = app or w.app
    right: dict[str, Any] = {
        "iss": app.client_id,
        "sub": app.client_id,
        "aud": w.issuer,
        "exp": now() + 60,
        "iat": now(),
        "jti": secrets.token_urlsafe(16),
    }
    changed = {name: value(w) if callable(value) else value for name, value in changes.items()}
    return {name: value for name, value in (right | changed).items() if value is not ABSENT}


def signed(
    w: World, payload: bytes, header: bytes = b'{"alg":"HS256"}', *, alg: str = "HS256"
) -> bytes:
    """Any two documents, signed with the app's true secret."""
    return jws.compact(header, payload, w.app.client_secret.encode(), alg)


def right(w: World) -> bytes:
    """An assertion with nothing wrong."""
    return signed(w, jws.dump(claims(w)))


def with_claims(also: str = "", **changes: Change) -> Make:
    """Right but for some claims; `also` is JSON text of one more member."""
    return lambda w: signed(w, jws.dump(claims(w, **changes), also))


def with_header(also: str = "", /, **members: Change) -> Make:
    """Right but for this header, which has `alg: HS256` unless told otherwise."""

    def make(w: World) -> bytes:
        header = {
            name: value
            for name, value in ({"alg": "HS256"} | members).items()
            if value is not ABSENT
        }
        return signed(w, jws.dump(claims(w)), jws.dump(header, also))

    return make


def with_key(key: Callable[[World], bytes], alg: str = "HS256") -> Make:
    """Right but for the key of the HMAC."""
    return lambda w: jws.compact(jws.dump({"alg": alg}), jws.dump(claims(w)), key(w), alg)


def with_payload(change: Callable[[bytes], bytes]) -> Make:
    """Right but for the octets of the claims document."""
    return lambda w: signed(w, change(jws.dump(claims(w))))


def with_header_text(header: bytes) -> Make:
    """Right but for the octets of the header document."""
    return lambda w: signed(w, jws.dump(claims(w)), header)


def with_text(change: Callable[[bytes], bytes]) -> Make:
    """A right assertion whose three parts were tampered with after signing."""
    return lambda w: change(right(w))
