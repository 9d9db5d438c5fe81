"""What is done from time to time, by each worker or by one; nothing needs it for being right."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tokenhouse.actor import SYSTEM
from tokenhouse.crypto.sealing import SealError
from tokenhouse.crypto.secrets import make_id
from tokenhouse.log import LOGGER
from tokenhouse.manage import audit, keys
from tokenhouse.manage.deliveries import send_due
from tokenhouse.metrics.families import FAILED, OK
from tokenhouse.store import (
    client_secrets,
    deliveries,
    failures,
    last_used,
    leases,
    revoked_tokens,
    sessions,
    token_counts,
    used_once,
)
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from tokenhouse.context import Context


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do every so many seconds, and at the end of the process where asked.

    `once`: one process of the whole fleet does it, the one that holds the lease.
    """

    name: str
    seconds: float
    run: Callable[[Context], Awaitable[None]]
    at_end: bool = False
    once: bool = False


async def purge(context: Context) -> None:
    """Forget what has ended long ago."""
    now = context.clock()
    for part in used_once.parts(now):
        await context.database.write(partial(used_once.purge, now=now, part=part))
    for forget in (
        revoked_tokens.purge,
        failures.purge,
        token_counts.purge,
        deliveries.purge,
    ):
        while await context.database.write(partial(forget, now=now)):
            pass  # a piece at a time, so that nobody waits for long
    await context.database.write(partial(client_secrets.purge, now=now))
    await context.database.write(partial(sessions.purge, now=now))


async def cut_audit(context: Context) -> None:
    """Forget the events that are older than they are to be kept."""
    while await context.database.write(partial(audit.cut, context=context, actor=SYSTEM)):
        pass


async def record_last_use(context: Context) -> None:
    """Write down which secrets this worker has seen at work."""
    seen = context.last_used.take()
    try:
        for rows in last_used.rows(seen):
            await context.database.write(partial(last_used.record, uses=rows))
    except BaseException:  # cancelled, too: writing a use twice does no harm
        context.last_used.give_back(seen)
        raise


async def record_counts(context: Context) -> None:
    """Write down how many tokens this worker has issued to each client."""
    counted = context.counted.take()
    for piece in token_counts.pieces(counted):
        record = partial(token_counts.record, counted=piece, now=context.clock())
        try:
            await context.database.write(record)
        except BaseException:  # cancelled, too
            context.counted.give_back(piece | counted)
            raise


async def take_ballast(context: Context) -> None:
    """Have room for revocations on a disk that may be full one day."""
    await context.database.take_ballast()


JOBS = (
    Job("purge", 60, purge, once=True),
    Job("signing keys", 1, keys.keep),
    Job("cut audit", 3600, cut_audit, once=True),
    Job("deliveries", 1, send_due),
    Job("ballast", 2, take_ballast),
    Job("record last use", 3, record_last_use, at_end=True),
    Job("record token counts", 3, record_counts, at_end=True),
)


@asynccontextmanager
async def working(context: Context) -> AsyncGenerator[None]:
    """Do the jobs in the background while the caller is inside."""
    me = make_id()
    tasks = [asyncio.create_task(_repeat(context, job, me)) for job in JOBS]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in JOBS:
            if job.at_end:
                await _once(context, job, me)


async def _repeat(context: Context, job: Job, me: str) -> None:
    while True:
        await asyncio.sleep(job.seconds)
        await _once(context, job, me)


async def _once(context: Context, job: Job, me: str) -> None:
    tally, outcome = context.tally, OK
    try:
        if job.once and not await _is_ours(context, job, me):
            return
        with tally.timed("job_seconds", job.name):
            await job.run(context)
    except Unavailable as error:
        outcome = "put_off"
        LOGGER.warning("background work put off", extra={"job": job.name, "reason": str(error)})
    except SealError as error:
        outcome = FAILED
        LOGGER.error("background work failed", extra={"job": job.name, "reason": str(error)})
    except Exception:  # noqa: BLE001 - because the next time may go well
        outcome = FAILED
        LOGGER.exception("background work failed", extra={"job": job.name})
    else:
        now = int(context.clock())
        tally.set("job_last_success_timestamp_seconds", job.name, number=now)
    tally.add("job_runs", job.name, outcome)


async def _is_ours(context: Context, job: Job, me: str) -> bool:
    """Take the lease of a job, or renew it, for half as long again as until the next time."""
    until_next = 1.5 * job.seconds
    take = partial(leases.take, name=job.name, holder=me, now=context.clock(), seconds=until_next)
    return await context.database.write(take)
