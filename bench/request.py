"""One request, as it is asked once and as a loader sends it over and over."""

import http.client
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """What to send; `endings` is a file, each line of it put after the body of one request."""

    path: str
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    endings: Path | None = None


def ask(port: int, request: Request, ending: str = "") -> tuple[int, bytes]:
    """Send one request to loopback on a connection of its own.

    Returns the status and the body. Raises OSError or http.client.HTTPException when there is no
    answer in 10 s.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            request.method, request.path, (request.body + ending).encode(), request.headers
        )
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
