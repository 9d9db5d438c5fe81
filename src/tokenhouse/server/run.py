"""Running the service: one process, or several under a supervisor that restarts dead ones."""

from __future__ import annotations

import ipaddress
import resource
import signal
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import uvicorn

from tokenhouse import log
from tokenhouse.server import connections, wire
from tokenhouse.server.supervisor import Parent, Supervisor

if TYPE_CHECKING:
    from tokenhouse.app import Application
    from tokenhouse.context import Context
    from tokenhouse.settings import Settings

_DRAIN_SECONDS = 8  # the rest of the ten is for writing down and closing
_BACKLOG = 2048
_ACCEPTS = 16  # new connections a turn of the loop, of all workers together
_TICKS_A_SECOND = 10  # uvicorn's


class ServeError(Exception):
    """The service cannot be started; the text is one line: why, and what to do."""


def bind(settings: Settings) -> socket.socket:
    """Bind the address, and listen.

    Raises:
        ServeError: it is taken or not ours, is open to others without TLS, or the certificate
            cannot be used.

    """
    tls = settings.tls_cert is not None or settings.behind_tls_proxy
    if not tls and not _is_loopback(settings.host):
        msg = (
            f"{settings.host} can be reached from outside and there is no TLS; set tls_cert and "
            "tls_key, or behind_tls_proxy where a proxy in front speaks TLS"
        )
        raise ServeError(msg)
    _expect_certificate(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        at = f"{settings.host}:{settings.port}"
        reason = str(error.strerror).partition(" (")[0]  # Python repeats the address after it
        msg = f"cannot listen on {at}: {reason}; choose another --port or --host"
        raise ServeError(msg) from None


def _expect_certificate(settings: Settings) -> None:
    if settings.tls_cert is None:
        return
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # A password, so that OpenSSL does not ask for one on the terminal.
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except OSError as error:  # SSLError is one
        reason = getattr(error, "reason", None) or error.strerror
        msg = (
            f"cannot serve TLS with tls_cert {settings.tls_cert} and tls_key {settings.tls_key}: "
            f"{reason}; they must be PEM files, the key without a password and the certificate's"
        )
        raise ServeError(msg) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(context: Context, listening: socket.socket) -> None:
    """Serve until a signal ends it, in this process or in several that each open their own."""
    from tokenhouse.app import Application  # noqa: PLC0415 - because a refusal to start needs none of it

    settings = context.settings
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # uvicorn raises it again when everything is finished
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold every key in clear
    log.set_up(settings.log_format, settings.log_level)
    if settings.workers == 1:
        signal.signal(signal.SIGHUP, _keep_on)
        _Server(_config(settings, Application(context))).run(_sockets(settings, listening))
    else:
        context.close()
        work = partial(_work, settings, listening)
        Supervisor(work, settings.workers, listening).run()


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


def _keep_on(*_: object) -> None:
    log.LOGGER.info("nothing to replace: there is one worker", extra={"signal": "SIGHUP"})


def _work(settings: Settings, listening: socket.socket, parent: Parent) -> None:
    """Serve, as one of several workers."""
    from tokenhouse.app import Application  # noqa: PLC0415 - likewise, because it is loaded by then
    from tokenhouse.opening import OpeningError, open_context  # noqa: PLC0415 - likewise, because serve() names what is loaded

    try:
        context = open_context(settings)
    except OpeningError as error:
        log.LOGGER.error("worker cannot start", extra={"reason": str(error)})
        raise SystemExit(1) from None
    _Server(_config(settings, Application(context)), parent).run(_sockets(settings, listening))


def _sockets(settings: Settings, listening: socket.socket) -> list[socket.socket]:
    """Return the socket that listens several times over.

    A loop takes one new connection a turn from each (libuv does so): where turns are long, since
    many are at work, those who come would wait for seconds.
    """
    more = max(_ACCEPTS // settings.workers, 1) - 1
    return [listening, *(listening.dup() for _ in range(more))]


class _Server(uvicorn.Server):
    """Serves, and ends well."""

    def __init__(self, config: uvicorn.Config, parent: Parent | None = None) -> None:
        super().__init__(config)
        self._parent = parent

    async def on_tick(self, counter: int) -> bool:
        """Look after the supervisor; True ends this process."""
        if self._parent is not None:
            if self._parent.is_gone():
                log.LOGGER.warning("worker ends: its supervisor is gone")
                return True
            if counter % _TICKS_A_SECOND == 0:
                self._parent.tell()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, finish what is in flight, end."""
        connections.drain(self.server_state)
        log.LOGGER.info("draining", extra={"connections": len(self.server_state.connections)})
        await super().shutdown(sockets)


def _config(settings: Settings, application: Application) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        interface="asgi3",
        loop="uvloop",
        http=wire.Wire,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="warning",  # what it says of starting and ending is said here, in a line
        access_log=False,
        server_header=False,
        proxy_headers=False,  # origins.py reads them
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
