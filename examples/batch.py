"""A batch: 50 workers call an API in parallel and share one token.

    pip install 'tokenhouse-sdk[cli]' && th login https://auth.example
    python examples/batch.py https://api.example/items/{} --calls 500

`{}` in the address becomes the number of the call. Credentials are found as everywhere: in the
environment, or where `th login` left them.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter

import httpx

from tokenhouse_sdk import AsyncSession, TokenhouseError


async def work(
    session: AsyncSession, numbers: "asyncio.Queue[int]", url: str, seen: Counter[str]
) -> None:
    """Call until nothing is left to do."""
    while not numbers.empty():
        answer = await session.get(url.format(numbers.get_nowait()))
        seen[f"status {answer.status_code}"] += 1
        seen[answer.request.headers["Authorization"]] += 1


async def batch(url: str, calls: int, workers: int) -> int:
    """Make all calls, tell what came, and return the exit code."""
    numbers: asyncio.Queue[int] = asyncio.Queue()
    for number in range(calls):
        numbers.put_nowait(number)
    seen: Counter[str] = Counter()
    begun = time.monotonic()
    limits = httpx.Limits(max_connections=workers)
    async with AsyncSession(limits=limits, timeout=30) as session, asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work(session, numbers, url, seen))
    took = time.monotonic() - begun
    statuses = sorted(name for name in seen if name.startswith("status "))
    tokens = len(seen) - len(statuses)
    print(f"{calls} calls by {workers} workers in {took:.1f} s with {tokens} access token(s)")
    for name in statuses:
        print(f"{name}: {seen[name]}")
    return 0 if statuses == ["status 200"] else 1


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description="Call an API from many workers.")
    parser.add_argument("url")
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--workers", type=int, default=50)
    asked = parser.parse_args()
    try:
        return asyncio.run(batch(asked.url, asked.calls, asked.workers))
    except* (TokenhouseError, httpx.TransportError) as errors:
        print(errors.exceptions[0], file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
