"""Running the service: one process, or several under a supervisor that restarts dead ones."""

from __future__ import annotations

import ipaddress
import signal
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import uvicorn
from uvicorn.supervisors import Multiprocess

from tokenhouse import log
from tokenhouse.server.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.context import Context
    from tokenhouse.settings import Settings

_DRAIN_SECONDS = 10
_BACKLOG = 2048
_SILENT_SECONDS = 30  # after which a worker counts as hung; a crowded machine is slow to start one


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
    settings = context.settings
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # uvicorn raises it again when everything is finished
    log.set_up(settings.log_format, settings.log_level)
    if settings.workers == 1:
        from tokenhouse.app import Application  # noqa: PLC0415 - because the supervisor needs none of it

        config = _config(settings, Application(context))
        uvicorn.Server(config).run(sockets=[listening])
    else:
        context.close()
        config = _config(settings, partial(_make_application, settings), factory=True)
        Multiprocess(config, sockets=[listening]).run()


def _end(*_: object) -> NoReturn:
    raise SystemExit(0)


def _config(
    settings: Settings, application: Callable[..., Any], *, factory: bool = False
) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        factory=factory,
        interface="asgi3",
        loop="uvloop",
        http=Wire,
        ws="none",
        lifespan="on",
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        backlog=_BACKLOG,
        timeout_worker_healthcheck=_SILENT_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )


def _make_application(settings: Settings) -> Any:  # noqa: ANN401 - because an ASGI application has no one type
    """Make the ASGI application in a worker process."""
    from tokenhouse.app import Application  # noqa: PLC0415 - because the supervisor needs none of it
    from tokenhouse.opening import open_context  # noqa: PLC0415 - likewise, because it is the worker's

    log.set_up(settings.log_format, settings.log_level)
    return Application(open_context(settings))
