"""The ceiling of a web request: a bare ASGI application that reads the body and answers JSON.

The size is that of a token answer, `RAW_ASGI_BYTES` in the environment; every path and method is
answered alike.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvicorn._types import (
        ASGIReceiveCallable,
        ASGISendCallable,
        HTTPResponseBodyEvent,
        HTTPResponseStartEvent,
        Scope,
    )

EMPTY = b'{"access_token":"","token_type":"bearer","expires_in":900,"expires_at":1700000000}'
BODY = EMPTY.replace(
    b'""', b'"' + b"x" * (int(os.environ.get("RAW_ASGI_BYTES", "700")) - len(EMPTY)) + b'"'
)
START: "HTTPResponseStartEvent" = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode()),
        (b"cache-control", b"no-store"),
        (b"pragma", b"no-cache"),
    ],
    "trailers": False,
}
END: "HTTPResponseBodyEvent" = {"type": "http.response.body", "body": BODY, "more_body": False}


async def app(_scope: "Scope", receive: "ASGIReceiveCallable", send: "ASGISendCallable") -> None:
    """Answer a request; uvicorn runs it with `--lifespan off`."""
    while (await receive()).get("more_body"):
        pass
    await send(START)
    await send(END)
