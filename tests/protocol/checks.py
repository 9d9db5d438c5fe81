"""What holds for every answer of its kind, whatever the row.

Owns: the refusal of RFC 6749 section 5.2 and the token response of section 5.1 with the access
token of RFC 9068 in it. The token is checked with a library that the server does not use.
"""

import re
import time
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import httpx
import jwt

from tests.protocol.table import BEARER_TYPE, Row
from tests.raw import Answer, Request
from tests.service import Service

TTL = 900
BASIC_CHALLENGE = 'Basic realm="tokenhouse", charset="UTF-8"'
# The characters that RFC 6749 section 5.2 allows in error and error_description.
PLAIN = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
# Words of the protocol that a description may use of its own accord.
WORDS = {"client_credentials", "password", BEARER_TYPE}


def refusal(answer: Answer, row: Row, request: Request) -> None:
    """Hold a refusal against its row, and against what every refusal of the token endpoints has."""
    assert answer.status == row.status, answer
    assert answer.header("X-Content-Type-Options") == "nosniff"
    for name, value in row.headers.items():
        assert answer.header(name) == value, name
    no_echo(answer, request)
    body = answer.json()
    if row.error is None:
        assert body["detail"], body
        return
    assert body["error"] == row.error, answer
    protocol_error(answer, body)


def assertion_refusal(answer: Answer, request: Request, refused: Answer) -> None:
    """Hold the refusal of an assertion against any other one: the very same body."""
    refusal(answer, Row("", "", lambda _: request, 401, "invalid_client"), request)
    assert answer.body == refused.body


def protocol_error(answer: Answer, body: dict[str, Any]) -> None:
    """The members and headers of RFC 6749 section 5.2, and `detail` of the reference."""
    assert set(body) == {"error", "error_description", "detail"}
    assert PLAIN.fullmatch(body["error_description"])
    if answer.status == 422:
        where = {"loc": ["header", "content-type"], "type": "media_type"}
        assert body["detail"] == [{**where, "msg": body["error_description"]}]
    else:
        assert body["detail"] == body["error_description"]
    not_stored(answer)
    if answer.status == 401:
        assert answer.header("WWW-Authenticate") == BASIC_CHALLENGE


def not_stored(answer: Answer) -> None:
    """No cache may keep what carries or refuses a token (RFC 6749 section 5.1)."""
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Pragma") == "no-cache"


def no_echo(answer: Answer, request: Request) -> None:
    """Nothing of what was sent comes back, neither in the body nor in a header."""
    shown = answer.body + str(answer.headers).encode()
    given = [value for _, value in parse_qsl(request.body.decode("latin-1"), encoding="latin-1")]
    given += [
        value.partition(" ")[2]
        for name, value in request.headers
        if name == "Authorization" and isinstance(value, str)
    ]
    for value in given:
        if len(value) >= 8 and value not in WORDS:  # shorter ones stand in any text
            assert value.encode("latin-1", "replace") not in shown, value


def token_response(
    answer: Answer, service: Service, *, user_id: str, client_id: str | None
) -> dict[str, Any]:
    """Hold a token response against RFC 6749 section 5.1 and RFC 9068 section 2; the claims.

    `client_id` is None for a user's token without client authentication.
    """
    assert answer.status == 200, answer
    not_stored(answer)
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "expires_at"}
    assert body["token_type"] == "bearer"  # noqa: S105 - a type's name
    assert (body["expires_in"], type(body["expires_at"])) == (TTL, int)
    claims = read_token(service, body["access_token"])
    assert claims["exp"] == body["expires_at"] == claims["iat"] + TTL
    assert claims["user_id"] == user_id
    assert claims["client_id"] == (client_id or "first-party")
    return claims


def read_token(service: Service, token: str, *also: str) -> dict[str, Any]:
    """The claims of an access token, its signature checked through the published keys.

    `also` names the claims that it has beside those that every token has.
    """
    keys = jwt.PyJWKSet.from_dict(
        httpx.get(f"{service.url}/.well-known/jwks.json", trust_env=False).raise_for_status().json()
    )
    header = jwt.get_unverified_header(token)
    assert set(header) == {"typ", "alg", "kid"}
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    key = keys[header["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, key, ["ES256"], audience=service.url, issuer=service.url
    )
    always = {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "user_id"}
    assert set(claims) == always | set(also)
    assert claims["aud"] == service.url
    assert str(UUID(claims["user_id"])) == claims["user_id"]
    assert {type(claims[name]) for name in ("iat", "exp")} == {int}
    assert abs(claims["iat"] - time.time()) < 60
    return claims
