"""What the processes listen on: bound before anything is made, by the one that was started.

On Linux each of several workers has a listener of its own, and the kernel deals new connections out
among them (SO_REUSEPORT): at one for all, whichever worker wakes first would take most of them.
Elsewhere there is one for all.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenhouse.settings import Settings

BACKLOG = 2048
_ACCEPTS = 16  # new connections a turn of the loop, of all workers together


class ServeError(Exception):
    """The service cannot be started; the text is one line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Sockets:
    """The listeners of the service, and that of the metrics, if they are asked for."""

    listeners: list[socket.socket]
    metrics: socket.socket | None

    def listening(self, place: int, workers: int) -> list[socket.socket]:
        """Return the listener of a place several times over, for one of so many workers.

        A loop takes one new connection a turn from each (libuv does so): where turns are long,
        since many are at work, those who come would wait for seconds.
        """
        own = self._of(place)
        more = max(_ACCEPTS // workers, 1) - 1
        return [own, *(own.dup() for _ in range(more))]

    def others(self, place: int) -> list[socket.socket]:
        """Return the listeners of the other places."""
        return [one for one in self.listeners if one is not self._of(place)]

    def _of(self, place: int) -> socket.socket:
        return self.listeners[place % len(self.listeners)]

    def close(self) -> None:
        """Close all, or who connects then would wait for nobody."""
        for listener in self.listeners:
            listener.close()
        if self.metrics is not None:
            self.metrics.close()


def bind(settings: Settings) -> Sockets:
    """Bind the addresses, and listen.

    Raises:
        ServeError: one is taken or not ours, or see `expect_servable`.

    """
    expect_servable(settings)
    where = (settings.host, settings.port)
    advice = "choose another --port or --host"
    # Alone at first, so that another service there is noticed.
    listeners = [_listen(*where, advice)]
    if settings.workers > 1 and sys.platform == "linux":
        listeners.pop().close()
        listeners = [_listen(*where, advice, shared=True) for _ in range(settings.workers)]
    if not settings.metrics_address:
        return Sockets(listeners, None)
    host, _, port = settings.metrics_address.rpartition(":")
    metrics = _listen(host.strip("[]"), int(port), "choose another metrics_address")
    return Sockets(listeners, metrics)


def expect_servable(settings: Settings) -> None:
    """Look whether it may be served like this.

    Raises:
        ServeError: it is open to others without TLS, the certificate cannot be used, or traces are
            asked for and their extra is not installed.

    """
    tls = settings.tls_cert is not None or settings.behind_tls_proxy
    if not tls and not _is_loopback(settings.host):
        msg = (
            f"{settings.host} can be reached from outside and there is no TLS; set tls_cert and "
            "tls_key, or behind_tls_proxy where a proxy in front speaks TLS"
        )
        raise ServeError(msg)
    _expect_certificate(settings)
    if settings.otlp_endpoint:
        try:
            import_module("tokenhouse.tracing")  # here, for what it needs is an extra
        except ImportError:
            msg = "otlp_endpoint needs an extra; run: pip install 'tokenhouse[otel]'"
            raise ServeError(msg) from None


def _listen(host: str, port: int, advice: str, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server(
            (host, port), family=family, backlog=BACKLOG, reuse_port=shared
        )
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # Python repeats the address after it
        msg = f"cannot listen on {host}:{port}: {reason}; {advice}"
        raise ServeError(msg) from None
    # One mode for all that share it, and `dup` sets it anew: were it blocking here, a worker that
    # begins would let the others hang in their next accept.
    listening.settimeout(0)
    return listening


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
