"""Running the service: one process, or several under a supervisor that restarts dead ones."""

from __future__ import annotations

import resource
import signal
import time
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING, NoReturn, cast

import uvicorn

from tokenhouse import log
from tokenhouse.metrics.tally import NO_TALLY, Tally
from tokenhouse.server import connections, wire
from tokenhouse.server.neighbours import Neighbours
from tokenhouse.server.sockets import BACKLOG, ServeError, Sockets, bind, expect_servable
from tokenhouse.server.supervisor import Parent, Supervisor, Team, most
from tokenhouse.settings import SettingsError

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Callable
    from types import FrameType

    from tokenhouse.app import Application
    from tokenhouse.context import Context
    from tokenhouse.metrics.tally import Board
    from tokenhouse.settings import Settings

__all__ = ["Ground", "ServeError", "prepare", "serve"]
FIXED = (  # what a worker that replaces another cannot have otherwise
    "host",
    "port",
    "workers",
    "data_dir",
    "database_url",
    "database_pooler",
    "issuer",
    "scopes",
    "master_key_file",
    "master_keys",
    "master_key_command",
    "signing_alg",
    "metrics_address",
    "drain_seconds",
)
_DRAIN_SECONDS = 8  # the rest of the ten is for writing down and closing
_TICKS_A_SECOND = 10  # uvicorn's


@dataclass(frozen=True, slots=True)
class Ground:
    """What the processes share: sockets, and the memory of the metrics where they are asked for."""

    sockets: Sockets
    board: Board | None

    def tally(self, number: int = 0) -> Tally:
        """Return where the process with this number counts."""
        return NO_TALLY if self.board is None else self.board.tally(number)


def prepare(settings: Settings) -> Ground:
    """Take what the processes will share.

    Raises:
        ServeError: it cannot be had.

    """
    sockets = bind(settings)
    if sockets.metrics is None:
        return Ground(sockets, None)
    from tokenhouse.server.metrics_page import make_board  # noqa: PLC0415 - because who asks for no metrics needs none of it

    return Ground(sockets, make_board(most(settings.workers)))


def serve(context: Context, ground: Ground, reread: Callable[[], Settings]) -> None:
    """Serve until a signal ends it, in this process or in several that each open their own.

    Args:
        context: the installation, open.
        ground: what the processes share.
        reread: reads the settings once more, for the workers after a SIGHUP.

    """
    from tokenhouse.app import Application  # noqa: PLC0415 - because a refusal to start needs none of it

    settings = context.settings
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # uvicorn raises it again when everything is finished
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold every key in clear
    log.set_up(settings.log_format, settings.log_level)
    if settings.workers == 1:
        signal.signal(signal.SIGHUP, _keep_on)
        sockets = ground.sockets.listening(0, settings.workers)
        _Server(Application(context), context, ground).run(sockets)
    else:
        context.close()
        renew = partial(_renewed, settings, ground, reread)
        work = partial(_work, settings, ground)
        team = Team(settings.workers, settings.drain_seconds)
        Supervisor(work, team, ground.sockets, renew).run()


def _renewed(
    settings: Settings, ground: Ground, reread: Callable[[], Settings]
) -> Callable[[Parent], None] | None:
    """Return what workers do under the settings as they are now; None where they cannot be used."""
    try:
        fresh = reread()
        expect_servable(fresh)
    except (SettingsError, ServeError) as error:
        reason = {"reason": str(error)}
        log.LOGGER.error("settings cannot be used, nothing is replaced", extra=reason)
        return None
    kept = {name: getattr(settings, name) for name in FIXED}
    late = [name for name, value in kept.items() if getattr(fresh, name) != value]
    if late:
        log.LOGGER.warning("settings wait for a restart", extra={"settings": ", ".join(late)})
    return partial(_work, fresh.model_copy(update=kept), ground)


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


def _keep_on(*_: object) -> None:
    log.LOGGER.info("nothing to replace: there is one worker", extra={"signal": "SIGHUP"})


def _work(settings: Settings, ground: Ground, parent: Parent) -> None:
    """Serve, as one of several workers."""
    log.set_up(settings.log_format, settings.log_level)
    from tokenhouse.app import Application  # noqa: PLC0415 - likewise, because it is loaded by then
    from tokenhouse.opening import OpeningError, open_context  # noqa: PLC0415 - likewise, because serve() names what is loaded

    try:
        context = open_context(settings, tally=ground.tally(parent.number))
    except OpeningError as error:
        log.LOGGER.error("worker cannot start", extra={"reason": str(error)})
        raise SystemExit(1) from None
    sockets = ground.sockets.listening(parent.place, settings.workers)
    _Server(Application(context), context, ground, parent).run(sockets)


class _Server(uvicorn.Server):
    """Serves, and ends well: on SIGTERM after a while in which `/readyz` says so (decision 71)."""

    def __init__(
        self,
        application: Application,
        context: Context,
        ground: Ground,
        parent: Parent | None = None,
    ) -> None:
        super().__init__(_config(application, context))
        self._context, self._parent, self._metrics = context, parent, None
        self._told, self._ends_at = False, inf
        others = [] if parent is None else ground.sockets.others(parent.place)
        self._neighbours = Neighbours(self, others)
        if ground.board is not None and ground.sockets.metrics is not None:
            from tokenhouse.server.metrics_port import MetricsPort  # noqa: PLC0415 - because who asks for no metrics needs none of it

            self._metrics = MetricsPort(context, ground.board, ground.sockets.metrics)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept from now on."""
        await super().startup(sockets)
        if self._metrics is not None:
            await self._metrics.open()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Hear a signal: SIGTERM is for everybody, SIGINT at once or from a supervisor."""
        if sig == signal.SIGTERM:
            self._told = True
        elif self._parent is None:
            super().handle_exit(sig, frame)
        else:  # which a terminal sends to it and to its supervisor: twice is no haste
            super().handle_exit(signal.SIGTERM, frame)

    async def on_tick(self, counter: int) -> bool:
        """Look after the supervisor; True ends this process."""
        if self._parent is not None:
            if self._parent.is_gone():
                log.LOGGER.warning("worker ends: its supervisor is gone")
                return True
            if counter % _TICKS_A_SECOND == 0:
                self._parent.tell()
        self._neighbours.stand_in()
        if self._told and not self._context.draining.is_set():
            self._announce()
        if self._ends_at <= time.monotonic():
            super().handle_exit(signal.SIGTERM, None)
        return await super().on_tick(counter)

    def _announce(self) -> None:
        """Tell who asks at `/readyz`, and go on for the time that it takes to be heard."""
        seconds = self._context.settings.drain_seconds
        self._context.draining.set()
        self._context.tally.set("draining", number=1)
        self._ends_at = time.monotonic() + seconds
        if seconds:
            log.LOGGER.info("not ready any more", extra={"ends_in_seconds": seconds})

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, finish what is in flight, end."""
        self._context.tally.set("draining", number=1)
        self._neighbours.end()
        if self._metrics is not None:
            self._metrics.close()
        connections.drain(self.server_state)
        log.LOGGER.info("draining", extra={"connections": len(self.server_state.connections)})
        await super().shutdown(sockets)


def _config(application: Application, context: Context) -> uvicorn.Config:
    settings, tally = context.settings, context.tally
    return uvicorn.Config(
        application,
        interface="asgi3",
        loop="uvloop",
        http=cast("type[asyncio.Protocol]", partial(wire.Wire, tally=tally)),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",  # what it says of starting and ending is said here, in a line
        access_log=False,
        server_header=False,
        proxy_headers=False,  # origins.py reads them
        backlog=BACKLOG,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
