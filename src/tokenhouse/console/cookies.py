"""The three cookies: who is signed in, whose form it is, and what is shown once.

All of them are HttpOnly and SameSite=Lax, and where the issuer is https Secure with the prefix
`__Host-`, which no other host can set (RFC 6265bis section 4.1.3). Trap: the names differ with
TLS, so that a cookie set over plain HTTP is never taken where there is TLS.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from tokenhouse.crypto.sealing import SealError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tokenhouse.context import Context

SESSION = "tokenhouse-session"
FORMS = "tokenhouse-forms"  # what binds the forms of a browser that is not signed in
ONCE = "tokenhouse-once"
ONCE_SECONDS = 300
_SEAL = "console once"


def name(context: Context, plain: str) -> str:
    """Return the name of a cookie here."""
    return f"__Host-{plain}" if _is_tls(context) else plain


def _is_tls(context: Context) -> bool:
    return context.settings.issuer.startswith("https:")


def read(context: Context, request: Request, plain: str) -> str:
    """Return what a cookie holds; empty where it was not sent."""
    return request.cookies.get(name(context, plain), "")


def write(
    context: Context, response: Response, plain: str, value: str, seconds: int | None = None
) -> None:
    """Set a cookie, until the browser ends or for so many seconds; 0 removes it."""
    response.set_cookie(
        name(context, plain),
        value,
        max_age=seconds,
        path="/",
        secure=_is_tls(context),
        httponly=True,
        samesite="lax",
    )


def seal_once(context: Context, place: str, shown: dict[str, str]) -> str:
    """Seal what the next page is to show; it opens for this `place` alone."""
    sealed = context.sealer.seal(_SEAL, place, json.dumps(shown).encode())
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def open_once(context: Context, place: str, value: str) -> dict[str, Any] | None:
    """Open what `seal_once` sealed; None where it is not that."""
    try:
        sealed = base64.urlsafe_b64decode(value.encode("ascii") + b"==")
        shown: dict[str, Any] = json.loads(context.sealer.open(_SEAL, place, sealed))
    except (UnicodeEncodeError, binascii.Error, SealError, ValueError):
        return None
    return shown
