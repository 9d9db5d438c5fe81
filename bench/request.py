"""One request, as it is asked once and as a loader sends it over and over."""

import http.client
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """What to send.

    Attributes:
        fresh: a file, each line of it for one request alone.
        fresh_header: the header that a line is; None puts it after the body.

    """

    path: str
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    fresh: Path | None = None
    fresh_header: str | None = None


def ask(port: int, request: Request, line: str = "") -> tuple[int, bytes]:
    """Send one request to loopback on a connection of its own, with a line of its own if given.

    Returns the status and the body. Raises OSError or http.client.HTTPException when there is no
    answer in 10 s.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    name = request.fresh_header if line else None
    headers = request.headers if name is None else {**request.headers, name: line}
    body = request.body + (line if name is None else "")
    try:
        connection.request(request.method, request.path, body.encode(), headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
