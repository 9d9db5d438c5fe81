"""The shape of a protocol endpoint, and the door that stands before each.

The door is plain ASGI: it reads the request, which the wire has bounded, calls the endpoint, and
is the one place where a refusal becomes an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from tokenhouse.log import LOGGER
from tokenhouse.oauth.asked import Request
from tokenhouse.oauth.errors import MethodNotAllowed, OAuthError, TemporarilyUnavailable
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from tokenhouse.context import Context
    from tokenhouse.settings import Settings

    Headers = list[tuple[bytes, bytes]]
    Message = MutableMapping[str, Any]

JSON_HEADERS = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]
NO_STORE = [*JSON_HEADERS, (b"cache-control", b"no-store"), (b"pragma", b"no-cache")]


def public(max_age: int) -> Headers:
    """Return the headers of what anybody may read and keep for so many seconds."""
    return [
        *JSON_HEADERS,
        (b"cache-control", b"max-age=%d" % max_age),
        (b"access-control-allow-origin", b"*"),
    ]


PUBLIC = public(300)


class Answer(NamedTuple):
    """What goes back: a JSON body that is encoded already, status, headers.

    `about` is for the metrics: the grant, and how the client authenticated.
    """

    body: bytes
    status: int = 200
    headers: Headers = NO_STORE
    about: tuple[str, str] = ("", "")


def json_answer(
    value: object,
    headers: Headers = NO_STORE,
    status: int = 200,
    about: tuple[str, str] = ("", ""),
) -> Answer:
    """Answer with `value` as JSON."""
    return Answer(orjson.dumps(value), status, headers, about)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One protocol endpoint.

    Attributes:
        path: without trailing slash; both answer the same.
        methods: allowed ones; HEAD stands where it answers as GET does.
        handle: the endpoint itself.
        openapi: its OpenAPI path item.
        metadata: what it adds to the metadata document (RFC 8414 section 2).
        is_on: whether the settings offer it.

    """

    path: str
    methods: tuple[str, ...]
    handle: Callable[[Context, Request], Awaitable[Answer]]
    openapi: dict[str, Any]
    metadata: Callable[[Settings], dict[str, object]] = lambda _settings: {}
    is_on: Callable[[Settings], bool] = lambda _settings: True


def metadata_of(endpoints: Iterable[Endpoint], settings: Settings) -> dict[str, object]:
    """Gather what endpoints add to the metadata document, where the settings offer them.

    `response_types_supported` is empty: there is no authorization endpoint.
    """
    found: dict[str, object] = {"issuer": settings.issuer, "response_types_supported": []}
    for endpoint in endpoints:
        if endpoint.is_on(settings):
            found |= endpoint.metadata(settings)
    return found | {"service_documentation": settings.issuer + "/docs"}


class Door:
    """The ASGI application of one endpoint."""

    def __init__(self, endpoint: Endpoint, context: Context) -> None:
        """Stand before `endpoint`."""
        self._endpoint, self._context = endpoint, context
        self._allow = ", ".join(endpoint.methods)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            if scope["method"] not in self._endpoint.methods:
                raise MethodNotAllowed(self._allow)
            answer = await self._endpoint.handle(self._context, await read(scope, receive))
        except OAuthError as error:
            LOGGER.info("refused", extra={"error": error.code, "reason": error.detail})
            answer = refusal(error)
        except Unavailable as error:
            LOGGER.warning("database unavailable", extra={"reason": str(error)})
            answer = refusal(TemporarilyUnavailable())
        length = (b"content-length", str(len(answer.body)).encode())
        headers = [*answer.headers, length]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def refusal(error: OAuthError) -> Answer:
    """Word a refusal (RFC 6749 section 5.2)."""
    return json_answer(error.body, [*NO_STORE, *error.headers], error.status)


async def read(scope: Message, receive: Receive) -> Request:
    """Read a request; the wire hands it over when it is whole, so the body is one message."""
    authorization: list[str] = []
    content_type: list[str] = []
    proofs: list[str] = []
    if_none_match = ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization.append(value.decode("latin-1"))
        elif name == b"content-type":
            content_type.append(value.decode("latin-1"))
        elif name == b"dpop":
            proofs.append(value.decode("latin-1"))
        elif name == b"if-none-match":
            if_none_match = value.decode("latin-1")
    body: bytes = (await receive()).get("body", b"")
    return Request(
        scope["method"],
        tuple(authorization),
        tuple(content_type),
        body,
        scope["origin"],
        tuple(proofs),
        if_none_match,
    )


if TYPE_CHECKING:
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
