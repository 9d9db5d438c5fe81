"""The bundled loader: what `wrk` does for this benchmark, in one Python process.

    LOAD_METHOD=... LOAD_HEADERS=... LOAD_BODY=... python -m bench.loader URL CONNECTIONS SECONDS

An asyncio protocol on uvloop that writes prepared bytes and reads no more of an answer than its
status and its length. Trap: whatever is done here between an answer and the next request lowers the
rate that it can reach.
"""

import asyncio
import itertools
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

from bench.request import BODY, PATH

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
GOOD = b"HTTP/1.1 2"


@dataclass
class Tally:
    """What came of it; `over` once the time is up, what comes later does not count."""

    latencies: list[float] = field(default_factory=list[float])
    bytes: int = 0
    refused: int = 0
    broken: int = 0
    ran_out: int = 0
    over: bool = False


def is_whole(received: bytes) -> bool:
    """Whether an answer is here to its end."""
    end = received.find(HEAD_END)
    length = LENGTH.search(received, 0, end) if end >= 0 else None
    if length is None:
        return end >= 0 and received.startswith(b"HTTP/1.1 204")
    return len(received) >= end + len(HEAD_END) + int(length[1])


class Connection(asyncio.Protocol):
    """One connection: the next request as soon as the answer is whole."""

    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        """Share the requests and the tally with the other connections."""
        self._requests, self._tally = requests, tally
        self._received, self._begun = b"", 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(
            "asyncio.WriteTransport", transport
        )  # uvloop's is one by its methods alone
        self._send(self._transport)

    def _send(self, transport: asyncio.WriteTransport) -> None:
        request = next(self._requests, None)
        if request is None:
            self._tally.ran_out += 1
            return
        self._begun = time.perf_counter()
        transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Count the answer if it is whole now, and send the next request."""
        received = self._received + data if self._received else data
        if not is_whole(received):
            self._received = received
            return
        self._received = b""
        self._count(received)
        if self._transport and not self._tally.over:
            self._send(self._transport)

    def _count(self, answer: bytes) -> None:
        tally = self._tally
        if tally.over:
            return
        tally.latencies.append(time.perf_counter() - self._begun)
        tally.bytes += len(answer)
        tally.refused += not answer.startswith(GOOD)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Count a connection that ended before its time; it is not made anew."""
        self._tally.broken += not self._tally.over


def address(number: int) -> str:
    """An address of loopback that nobody else of this bench has."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def prepared(parts: Mapping[str, str], url: str) -> Iterator[bytes]:
    """The requests' bytes: one for ever, or one for each line of LOAD_FRESH."""
    at, body = urlsplit(url), parts["LOAD_BODY"].encode()
    path = at.path + (f"?{at.query}" if at.query else "")
    begun = f"{parts['LOAD_METHOD']} {path}".encode()
    lines = (f" HTTP/1.1\r\nHost: {at.netloc}", *parts["LOAD_HEADERS"].splitlines())
    head = "\r\n".join((*lines, "Content-Length: ")).encode()
    end = b"%d%b%b" % (len(body), HEAD_END, body)
    if "LOAD_FRESH" not in parts:
        return itertools.repeat(begun + head + end)
    fresh, where = Path(parts["LOAD_FRESH"]).read_bytes().splitlines(), parts["LOAD_FRESH_AT"]
    if where == PATH:
        return (b"%b%b%b%b" % (begun, line, head, end) for line in fresh)
    head = begun + head
    if where == BODY:
        return (
            b"%b%d%b%b%b" % (head, len(body) + len(line), HEAD_END, body, line) for line in fresh
        )
    head = b"%b%d\r\n%b: " % (head, len(body), where.encode())
    return (b"%b%b%b%b" % (head, line, HEAD_END, body) for line in fresh)


async def load(url: str, connections: int, seconds: float) -> dict[str, float]:
    """Send for so many seconds; the result has the names that `load.Run` is made from."""
    loop, at, tally, requests = (
        asyncio.get_running_loop(),
        urlsplit(url),
        Tally(),
        prepared(os.environ, url),
    )
    begun, far = time.perf_counter(), "LOAD_FAR" in os.environ
    opened = [
        await loop.create_connection(
            lambda: Connection(requests, tally),
            at.hostname or "127.0.0.1",
            at.port or 80,
            local_addr=(address(number), 0) if far else None,
        )
        for number in range(connections)
    ]
    await asyncio.sleep(seconds - (time.perf_counter() - begun))
    took, tally.over = time.perf_counter() - begun, True
    for transport, _ in opened:
        transport.close()
    return told(tally, took)


def told(tally: Tally, seconds: float) -> dict[str, float]:
    """The result of a run."""
    in_order = sorted(tally.latencies) or [0.0]
    parts = (("p50_ms", 500), ("p99_ms", 990), ("p999_ms", 999))
    return {
        "answers": len(tally.latencies),
        "seconds": seconds,
        "bytes": tally.bytes,
        **{name: in_order[len(in_order) * part // 1000] * 1e3 for name, part in parts},
        "refused": tally.refused,
        "broken": tally.broken,
        "ran_out": tally.ran_out,
    }


if __name__ == "__main__":
    result = uvloop.run(load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.write(f"RESULT {json.dumps(result)}\n")
