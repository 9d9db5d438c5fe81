"""The doctor looks at what surrounds the database: address, TLS, mail, folder, disk."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import stat
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenhouse import mail
from tokenhouse.crypto.certificates import BadCertificateError, read_certificate
from tokenhouse.manage.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tokenhouse.settings import Settings

_LEAST_FREE = 256 * 2**20  # octets
_CERTIFICATE_DAYS = 14
_DAY = 86400


def examine(settings: Settings, now: float, seconds: float) -> Iterator[Finding]:
    """Yield what is wrong around the installation; `seconds` may be spent on the mail server."""
    yield from _issuer(settings)
    yield from _address(settings)
    yield from _certificate(settings, now)
    yield from _mail(settings, seconds)


def _issuer(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.issuer)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        yield Finding(
            f"the issuer {settings.issuer} is plain http: passwords and tokens travel in clear",
            "serve TLS, by tls_cert and tls_key or by a proxy, and set issuer to the https URL",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 section 6.3


def _address(settings: Settings) -> Iterator[Finding]:
    """Yield an issuer that does not lead here; with a proxy in front nothing can be said."""
    if settings.behind_tls_proxy or settings.trusted_proxies:
        return
    url = urlsplit(settings.issuer)
    tls = "https" if settings.tls_cert else "http"
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    if settings.tls_cert and url.scheme != tls:
        yield Finding(
            f"the issuer {settings.issuer} is plain http, and the service speaks TLS",
            "set issuer to the https URL by which clients reach it",
        )
    elif _is_loopback(url.hostname or "") and (url.scheme, port) != (tls, settings.port):
        yield Finding(
            f"the issuer {settings.issuer} does not lead to {tls} on port {settings.port}, "
            "where the service listens",
            "set issuer to the URL by which clients reach it; or, with a proxy, trusted_proxies",
        )


def _certificate(settings: Settings, now: float) -> Iterator[Finding]:
    if settings.tls_cert is None or settings.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
        certificate = read_certificate(settings.tls_cert)
    except (OSError, BadCertificateError) as error:  # ssl.SSLError is an OSError
        yield Finding(
            f"tls_cert and tls_key cannot be used: {error}", "give the certificate and its own key"
        )
        return
    left = certificate.ends_at - now
    if left < _CERTIFICATE_DAYS * _DAY:
        end = datetime.fromtimestamp(certificate.ends_at, UTC).date()
        how = "ended" if left <= 0 else "ends"
        yield Finding(f"the certificate {settings.tls_cert} {how} on {end}", "renew it")
    host = urlsplit(settings.issuer).hostname or ""
    if not certificate.is_for(host):
        yield Finding(
            f"the certificate {settings.tls_cert} is not for {host}, the issuer's name",
            "get one for this name, or set issuer to the name that it is for",
        )


def _mail(settings: Settings, seconds: float) -> Iterator[Finding]:
    if not mail.is_on(settings):
        return
    try:
        asyncio.run(mail.check(settings, seconds))
    except mail.MailError as error:
        yield Finding(
            f"no mail goes out: {error}", "set smtp_host and what belongs to it right, see settings"
        )


def folder(folder: Path) -> Iterator[Finding]:
    """Yield what is wrong with the data folder and its disk."""
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            f"the data folder {folder} can be entered by others", f"run: chmod 700 {folder}"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            f"the data folder {folder} cannot be written by this user",
            "give it to the user that runs the service: chown",
        )
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE:
        yield Finding(
            f"the disk of {folder} is nearly full: {free // 2**20} MiB are free", "make room on it"
        )
