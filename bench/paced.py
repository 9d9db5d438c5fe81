"""Load at a rate of its own: what `wrk2` does, with requests that are each good once.

    LOAD_METHOD=... LOAD_BODY=... ... python -m bench.paced URL CONNECTIONS SECONDS RATE

Requests are due at random moments, as they come from programs that know nothing of each other, and
each is timed from when it was due: one that finds no connection free has waited since then. One
thread and `select`, whose timer is exact to some microseconds; that of epoll is to a millisecond.
Traps: a fixed seed, so that every run has the same bursts; and a loader that falls behind counts as
a slow server.
"""

import json
import os
import random
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.loader import GOOD, Tally, address, is_whole, prepared, told

PATIENCE = 10.0  # seconds for what is under way at the end
OCTETS = 65536


@dataclass(eq=False)
class Line:
    """One connection, and when the request on it was due."""

    socket: socket.socket
    due: float = 0.0
    received: bytes = b""

    def fileno(self) -> int:
        """For `select`."""
        return self.socket.fileno()


def dues(rate: float, seconds: float) -> Iterator[float]:
    """When each request is due, seconds from the start."""
    chance, at = random.Random(1), 0.0
    while (at := at + chance.expovariate(rate)) < seconds:
        yield at


def connect(url: str, connections: int) -> list[Line]:
    """Open the connections, each from an address of its own where that is asked for."""
    at, far, lines = urlsplit(url), "LOAD_FAR" in os.environ, list[Line]()
    for number in range(connections):
        source = (address(number), 0) if far else None
        made = socket.create_connection(
            (at.hostname or "127.0.0.1", at.port or 80), PATIENCE, source_address=source
        )
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines.append(Line(made))
    return lines


class Pacer:
    """The requests that are due, on the connections that are free."""

    def __init__(self, lines: list[Line], requests: Iterator[bytes]) -> None:
        """Begin with all free."""
        self.tally = Tally()
        self._requests, self._free, self._busy = requests, deque(lines), list[Line]()
        self._waiting = deque[float]()

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._busy and not self._waiting

    def add(self, due: float) -> None:
        """Send a request, or have it wait for a connection."""
        self._waiting.append(due)
        self._send()

    def _send(self) -> None:
        while self._waiting and self._free:
            request = next(self._requests, None)
            if request is None:
                self.tally.ran_out += 1
                self._waiting.clear()
                return
            line = self._free.popleft()
            line.due, line.received = self._waiting.popleft(), b""
            line.socket.sendall(request)
            self._busy.append(line)

    def take(self, seconds: float) -> None:
        """Take the answers that come within so many seconds."""
        for line in select.select(self._busy, (), (), max(seconds, 0))[0]:
            piece = line.socket.recv(OCTETS)
            line.received += piece
            if not piece:
                self.tally.broken += 1
                self._busy.remove(line)
            elif is_whole(line.received):
                self._count(line)
        self._send()

    def _count(self, line: Line) -> None:
        self.tally.latencies.append(time.perf_counter() - line.due)
        self.tally.bytes += len(line.received)
        self.tally.refused += not line.received.startswith(GOOD)
        self._busy.remove(line)
        self._free.append(line)


def load(url: str, connections: int, seconds: float, rate: float) -> dict[str, float]:
    """Send at the rate for so many seconds; the result has the names of `load.Run`."""
    pacer = Pacer(connect(url, connections), prepared(os.environ, url))
    begun = time.perf_counter()
    for due in dues(rate, seconds):
        pacer.take(begun + due - time.perf_counter())  # once at least, when it is late already
        while (left := begun + due - time.perf_counter()) > 0:
            pacer.take(left)
        pacer.add(begun + due)
    while not pacer.idle and time.perf_counter() < begun + seconds + PATIENCE:
        pacer.take(PATIENCE)
    if not pacer.idle:
        pacer.tally.broken += 1
    return told(pacer.tally, time.perf_counter() - begun)


if __name__ == "__main__":
    result = load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    sys.stdout.write(f"RESULT {json.dumps(result)}\n")
