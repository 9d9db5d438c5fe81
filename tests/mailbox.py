"""A mail server of the tests' own: real SMTP over TLS, one account, and what it was given.

Trap: the service trusts it only where `SSL_CERT_FILE` names its authority, which the fixture
sets for programs that the test starts.
"""

import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.service import HOST, free_port

USER, PASSWORD = "tokenhouse", "a mail password 8T1fQm"
SENDER = "Example API <tokens@mail.example>"


class Mailbox:
    """Takes mail for everybody but `refused@…`, after STARTTLS or TLS and a sign-in."""

    def __init__(
        self,
        authority: trustme.CA,
        security: Literal["starttls", "tls"] = "starttls",
        *,
        port: int | None = None,
    ) -> None:
        """Start it; `close` ends it."""
        self.security = security
        self.port = port or free_port()
        self.received: list[EmailMessage] = []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(HOST).configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - half typed, because of pyOpenSSL
        how: dict[str, Any] = {"tls_context": context, "require_starttls": True}
        how["auth_required"] = True
        if security == "tls":  # which the library does not count as TLS where it asks for it
            how = {"ssl_context": context, "auth_require_tls": False}
        self._controller = Controller(
            self,
            HOST,
            self.port,
            authenticator=self._authenticate,
            **how,
        )
        self._controller.start()

    @property
    def settings(self) -> dict[str, str]:
        """The service's settings to send by it."""
        return {
            "smtp_host": HOST,
            "smtp_port": str(self.port),
            "smtp_security": self.security,
            "smtp_from": SENDER,
            "smtp_user": USER,
            "smtp_password": PASSWORD,
        }

    @staticmethod
    def _authenticate(_: SMTP, __: Session, ___: Envelope, ____: str, given: object) -> Any:
        right = given == LoginPassword(USER.encode(), PASSWORD.encode())
        # The library's own words for a refusal, and the secret in them: nobody may pass them on.
        text = f"535 5.7.8 wrong: {given!r}"
        return AuthResult(success=right, handled=False, message=None if right else text)

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, to: str, ___: Any) -> str:  # noqa: N802 - the library's name
        """Take a recipient, or not."""
        if to.startswith("refused"):
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Keep a message."""
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        message["X-Recipients"] = ", ".join(envelope.rcpt_tos)
        self.received.append(message)
        return "250 OK"

    def close(self) -> None:
        """End it."""
        self._controller.stop()


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that programs started in this test trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    one = Mailbox(authority)
    yield one
    one.close()
