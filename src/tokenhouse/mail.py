"""Mail to people, by the operator's mail server: whether it goes out, and one call that sends.

RFC 6409 (submission), RFC 3207 (STARTTLS), RFC 8314 (TLS from the first octet). The trap: what a
server answers is its own text, so none of it is passed on where a password was in play.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING

import aiosmtplib

from tokenhouse.log import redacted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tokenhouse.settings import Settings

SECONDS = 10.0  # for a whole message, from the name look-up to the last answer
_MOST = 200  # letters of a server's answer that are passed on


class MailError(Exception):
    """A message was not sent; the text says why, in a line without any secret."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person, plain text.

    Attributes:
        to: the address, as it is kept.
        subject: one line.
        text: the body.

    """

    to: str
    subject: str
    text: str


def is_on(settings: Settings) -> bool:
    """Tell whether there is a mail server to send by."""
    return bool(settings.smtp_host)


async def send(settings: Settings, message: Message, now: float) -> None:
    """Hand a message to the mail server, within `SECONDS`.

    Args:
        settings: `smtp_*`; ask `is_on` first.
        message: see there.
        now: unix seconds, for its `Date`.

    Raises:
        MailError: the server has not taken it. After a timeout it may still have.

    """
    wire = _written(settings, message, now)
    async with _signed_in(settings) as server:
        await server.send_message(wire)


async def check(settings: Settings, seconds: float) -> None:
    """Speak with the mail server as far as the sign-in, for at most `seconds`, and send nothing.

    Raises:
        MailError: a message would not go out.

    """
    async with _signed_in(settings, min(seconds, SECONDS)):
        pass


def _written(settings: Settings, message: Message, now: float) -> EmailMessage:
    wire = EmailMessage(policy=WIRE)
    try:  # one address: "a,b@c" as a header's text would be two
        wire["To"] = Address(addr_spec=message.to)
    except (ValueError, IndexError, HeaderParseError):
        msg = "mail cannot be sent to this address"
        raise MailError(msg) from None
    wire["From"], wire["Subject"] = settings.smtp_from, message.subject
    wire["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    wire["Message-ID"] = make_msgid(domain=settings.smtp_from.rpartition("@")[2].rstrip(">"))
    wire["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notice answers it
    wire.set_content(message.text)
    return wire


@asynccontextmanager
async def _signed_in(
    settings: Settings, seconds: float = SECONDS
) -> AsyncGenerator[aiosmtplib.SMTP]:
    """Be connected and signed in; whatever fails inside is a MailError."""
    server = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=_password(settings),
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        timeout=seconds,
    )
    where = f"the mail server {settings.smtp_host}:{settings.smtp_port}"
    try:
        async with asyncio.timeout(seconds), server:
            yield server
    except TimeoutError:  # aiosmtplib's own ones too
        msg = f"{where} gave no answer within {seconds:.0f} seconds"
        raise MailError(msg) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        msg = f"{where} {_reason(error)}"
        raise MailError(msg) from None


def _password(settings: Settings) -> str | None:
    """Return the password, read anew each time so that it may be rotated; None without a user."""
    if not settings.smtp_user:
        return None
    if settings.smtp_password_file is None:
        return settings.smtp_password.get_secret_value()
    try:
        return settings.smtp_password_file.read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        msg = f"smtp_password_file {settings.smtp_password_file} cannot be read"
        raise MailError(msg) from None


def _reason(error: Exception) -> str:
    """Say in a line what went wrong; of a sign-in without the server's words."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return f"refused smtp_user and its password ({error.code})"
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _answered(error.recipients[0])
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _answered(error)
    return f"cannot be used: {_line(str(error))}"


def _answered(error: aiosmtplib.SMTPResponseException) -> str:
    return f"refused: {error.code} {_line(error.message)}"


def _line(text: str) -> str:
    return redacted("".join(c if c.isprintable() else " " for c in text))[:_MOST]
