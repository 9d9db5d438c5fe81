"""One request, as it is asked once and as a loader sends it over and over."""

import http.client
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

TOKEN = "/api/v1/auth/jwt/token"  # noqa: S105 - a path
BASIC, CLIENTS = f"{TOKEN}/basic", "/api/v1/clients"
BODY, PATH = "body", "path"  # where a line of one request alone may go, if not into a header


class BenchError(Exception):
    """The figures would mean nothing; the text says why."""


@dataclass(frozen=True)
class Request:
    """What to send.

    Attributes:
        fresh: a file, each line of it for one request alone.
        fresh_at: where the line goes: the end of the body, the end of the path, or the header of
            that name.
        far: whether each connection is to come from an address of its own (127.1.x.y), for what is
            counted by source.

    """

    path: str
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    fresh: Path | None = None
    fresh_at: str = BODY
    far: bool = False


def ask(port: int, request: Request, line: str = "") -> tuple[int, bytes]:
    """Send one request to loopback on a connection of its own, with a line of its own if given.

    Returns the status and the body. Raises OSError or http.client.HTTPException when there is no
    answer in 10 s.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers, body, path = dict(request.headers), request.body, request.path
    if request.fresh_at == BODY:
        body += line
    elif request.fresh_at == PATH:
        path += line
    elif line:
        headers[request.fresh_at] = line
    try:
        connection.request(request.method, path, body.encode(), headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def ask_json(port: int, request: Request) -> dict[str, Any]:
    """Send one request that is to succeed; its answer. Raises BenchError when it does not."""
    status, body = ask(port, request)
    if status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
        raise BenchError(f"{request.method} {request.path} answered {status}: {body[:300]!r}")
    answer: dict[str, Any] = json.loads(body)
    return answer
