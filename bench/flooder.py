"""The attacker of `bench.flood`, in a process of its own: wrong sign-ins and slow senders at once.

    python -m bench.flooder PORT SECONDS CONNECTIONS ADDRESSES SLOW

Each connection sends the next wrong password as soon as the last is answered, whatever the answer
says of waiting. They come from so many addresses of loopback (127.1.x.y), each guess at another
name, so that no limit by source or account takes the work off the gate. Slow senders give an octet
of a request a second and come again when they are cut off.
"""

import asyncio
import json
import secrets
import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import uvloop

from bench.loader import Connection, Tally, address
from bench.request import BASIC

HOST = "127.0.0.1"
PIECES = (b"POST /api/v1/auth/jwt/token HTTP/1.1\r\n", b"X-Slow: ")
DRIP_SECONDS = 1.0


@dataclass
class Flood(Tally):
    """What came of it: how many answers of each status."""

    statuses: Counter[str] = field(default_factory=Counter[str])


class Guesser(Connection):
    """One connection of wrong passwords, made anew where the server ends it."""

    def __init__(self, requests: Iterator[bytes], flood: Flood, again: Callable[[], None]) -> None:
        """Share the requests and the counts with the others."""
        super().__init__(requests, flood)
        self._flood, self._again = flood, again

    def _count(self, answer: bytes) -> None:
        super()._count(answer)
        self._flood.statuses[answer[9:12].decode()] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Come again."""
        super().connection_lost(exc)
        if not self._flood.over:
            self._again()


def guesses() -> Iterator[bytes]:
    """Wrong passwords of people who are not there, each of another name."""
    while True:
        pair = f"{secrets.token_hex(8)}@flood.example:{secrets.token_hex(8)}"
        yield (
            f"GET {BASIC} HTTP/1.1\r\nHost: {HOST}\r\n"
            f"Authorization: Basic {b64encode(pair.encode()).decode()}\r\n\r\n"
        ).encode()


async def guess(port: int, source: str, flood: Flood) -> None:
    """Keep one connection full of guesses."""
    loop, requests = asyncio.get_running_loop(), guesses()
    while not flood.over:
        lost = asyncio.Event()
        try:
            await loop.create_connection(
                partial(Guesser, requests, flood, lost.set),
                HOST,
                port,
                local_addr=(source, 0),
            )
        except OSError:
            await asyncio.sleep(DRIP_SECONDS)
        else:
            await lost.wait()


async def dawdle(port: int, flood: Flood) -> None:
    """Give an octet a second; when it is cut off, begin again."""
    while not flood.over:
        try:
            reader, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(DRIP_SECONDS)
            continue
        try:
            writer.write(b"".join(PIECES))
            while not reader.at_eof():
                await asyncio.sleep(DRIP_SECONDS)
                writer.write(b"x")
                await writer.drain()
        except OSError:
            pass
        finally:
            flood.statuses["slow sender cut off"] += 1
            writer.close()


async def attack(port: int, seconds: float, connections: int, addresses: int, slow: int) -> Flood:
    """Attack for so many seconds."""
    flood = Flood()
    senders = [guess(port, address(number % addresses), flood) for number in range(connections)]
    senders += [dawdle(port, flood) for _ in range(slow)]
    tasks = [asyncio.create_task(sender) for sender in senders]
    await asyncio.sleep(seconds)
    flood.over = True
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return flood


if __name__ == "__main__":
    came = uvloop.run(attack(int(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:])))
    sys.stdout.write(json.dumps(came.statuses) + "\n")
