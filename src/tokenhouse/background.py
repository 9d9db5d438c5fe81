"""What each worker does from time to time; nothing depends on it for being right."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.log import LOGGER
from tokenhouse.manage import keys
from tokenhouse.store import client_secrets, last_used, revoked_tokens, used_once
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from tokenhouse.context import Context


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do every so many seconds, and at the end of the process where asked."""

    name: str
    seconds: float
    run: Callable[[Context], Awaitable[None]]
    at_end: bool = False


async def purge(context: Context) -> None:
    """Forget what has ended long ago."""
    now = context.clock()
    await context.database.write(partial(used_once.purge, now=now))
    await context.database.write(partial(revoked_tokens.purge, now=now))
    await context.database.write(partial(client_secrets.purge, now=now))


async def record_last_use(context: Context) -> None:
    """Write down which secrets this worker has seen at work."""
    seen = context.last_used.take()
    try:
        for rows in last_used.rows(seen):
            await context.database.write(partial(last_used.record, uses=rows))
    except BaseException:  # cancelled, too: writing a use twice does no harm
        context.last_used.give_back(seen)
        raise


JOBS = (
    Job("purge", 60, purge),
    Job("signing keys", 1, keys.keep),
    Job("record last use", 3, record_last_use, at_end=True),
)


@asynccontextmanager
async def working(context: Context) -> AsyncGenerator[None]:
    """Do the jobs in the background while the caller is inside."""
    tasks = [asyncio.create_task(_repeat(context, job)) for job in JOBS]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in JOBS:
            if job.at_end:
                await _once(context, job)


async def _repeat(context: Context, job: Job) -> None:
    while True:
        await asyncio.sleep(job.seconds)
        await _once(context, job)


async def _once(context: Context, job: Job) -> None:
    try:
        await job.run(context)
    except Unavailable as error:
        LOGGER.warning("background work put off", extra={"job": job.name, "reason": str(error)})
    except Exception:  # noqa: BLE001 - because the next time may go well
        LOGGER.exception("background work failed", extra={"job": job.name})
