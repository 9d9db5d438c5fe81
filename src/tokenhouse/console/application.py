"""The ASGI application of the console: who may come in, and what every answer carries.

All checks that a page must not forget stand here: the session, the administrator, the form's
token, where a form was sent from. The trap: a form is taken only if its token was made for this
browser and this path, and if the browser does not say that another site sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from tokenhouse.console import cookies, files
from tokenhouse.console.page import FORM_TOKEN, PATH, Page, Visit
from tokenhouse.console.pages import PAGES
from tokenhouse.log import LOGGER
from tokenhouse.manage import sessions
from tokenhouse.manage.errors import Conflict, Forbidden, Invalid, NotFound
from tokenhouse.oauth.asked import Request as Asking
from tokenhouse.oauth.asked import read as read_form
from tokenhouse.oauth.errors import OAuthError, TemporarilyUnavailable
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    from tokenhouse.context import Context

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_GUARDS = {
    b"content-security-policy": _POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"same-origin",  # with none at all, forms would come from Origin: null
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"cache-control": b"no-store",
}
_FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
_BY_ITSELF = "hx-request"  # htmx asks, not a person
_OWN = {"same-origin", "none"}  # Fetch Metadata: from here, or by the person's own hand


class _Refused(Exception):
    """A page that says why not: `title`, `text`, and the status."""

    def __init__(self, status: int, title: str, text: str) -> None:
        super().__init__(text)
        self.status, self.title, self.text = status, title, text


_MISSING = (404, "Not found", "There is no such page, or it is not yours.")
_ADMINS = (403, "For administrators", "This page is for administrators of this service.")
_FOREIGN = (403, "Not taken", "This form came from another site. Nothing was changed.")
_STALE = (
    403,
    "This page was too old",
    "You have signed in or out since it was opened. Nothing was changed; open it again.",
)
_BUSY = (503, "Try again", "The service cannot answer just now. Nothing was changed.")


class Console:
    """The ASGI application of the console."""

    def __init__(self, context: Context) -> None:
        """Put the pages where their paths are."""
        self._context = context
        routes = [
            Route(PATH + page.path, self._door(page), methods=_methods(page)) for page in PAGES
        ]
        routes.append(Route(PATH + "/files/{name}", _file))
        self._router = Router(routes, redirect_slashes=False, default=self._missing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a path with a final slash is the path without."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in message["headers"]}
                more = [(name, value) for name, value in _GUARDS.items() if name not in named]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        inner = {**scope, "path": scope["path"].removesuffix("/")}
        await self._router(inner, receive, guarded)

    def _door(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            visit = Visit(self._context, request)
            try:
                return await _answer(page, visit)
            except Exception as error:
                refused = _worded(error)
                if refused is None:
                    raise
                return _refusal(visit, refused, error)

        return answer

    async def _missing(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = Visit(self._context, Request(scope, receive))
        try:
            visit.signed_in = await _who(visit)
        except Unavailable as error:
            LOGGER.warning("database unavailable", extra={"reason": str(error)})
        await _refusal(visit, _Refused(*_MISSING))(scope, receive, send)


def _methods(page: Page) -> list[str]:
    return [name for name, there in (("GET", page.get), ("POST", page.post)) if there]


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in files.MEDIA_TYPES:
        return Response("Not Found", 404, media_type="text/plain")
    found = files.file(name)
    return Response(found.body, 200, _FOREVER, found.media_type)


async def _who(visit: Visit) -> sessions.SignedIn | None:
    held = cookies.read(visit.context, visit.request, cookies.SESSION)
    by_hand = _BY_ITSELF not in visit.request.headers
    return await sessions.find(visit.context, held, by_hand=by_hand) if held else None


async def _answer(page: Page, visit: Visit) -> Response:
    visit.signed_in = await _who(visit)
    path: str = visit.request.scope["path"]
    if page.who != "anyone" and visit.signed_in is None:
        if _BY_ITSELF in visit.request.headers:
            return Response(status_code=204, headers={"hx-refresh": "true"})
        return visit.go(f"/sign-in?next={quote(path.removeprefix(PATH))}")
    if page.who == "admin" and not visit.me.user.is_superuser:
        raise _Refused(*_ADMINS)
    if visit.request.method == "POST" and page.post is not None:
        await _take_form(page, visit, path)
        return await page.post(visit)
    if page.get is None:
        raise NotFound
    return await page.get(visit)


async def _take_form(page: Page, visit: Visit, path: str) -> None:
    """Read the form, if it is one of ours.

    Raises:
        _Refused: it was sent from elsewhere, or made for another browser or path.
        OAuthError: it is no form, or not well-formed.

    """
    headers = visit.request.headers
    if not _is_from_here(
        headers.get("sec-fetch-site"), headers.get("origin"), headers.get("host", "")
    ):
        raise _Refused(*_FOREIGN)
    asking = Asking(
        "POST", (), tuple(headers.getlist("content-type")), await visit.request.body(), visit.origin
    )
    visit.form = read_form(asking, page.fields | {FORM_TOKEN}).form
    token = visit.form.pop(FORM_TOKEN, "")
    if not visit.is_own_form(path.removeprefix(PATH), token):
        raise _Refused(*_STALE)


def _is_from_here(site: str | None, origin: str | None, host: str) -> bool:
    """Tell whether a browser sent this from a page of ours (Fetch Metadata, RFC 6454)."""
    if site is not None:
        return site in _OWN
    return origin is None or urlsplit(origin).netloc == host


def _worded(error: Exception) -> _Refused | None:
    """Word a refusal; None where it is none, but a fault."""
    if isinstance(error, _Refused):
        return error
    if isinstance(error, NotFound):
        return _Refused(*_MISSING)
    if isinstance(error, Conflict | Forbidden | Invalid):
        return _Refused(409, "Not possible", _sentence(str(error)))
    if isinstance(error, OAuthError):
        return _Refused(error.status, "Not taken", error.description)
    if isinstance(error, Unavailable):
        LOGGER.warning("database unavailable", extra={"reason": str(error)})
        return _Refused(*_BUSY)
    return None


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _refusal(visit: Visit, refused: _Refused, error: Exception | None = None) -> Response:
    values = {"title": refused.title, "text": refused.text}
    response = visit.page("refusal.html", refused.status, **values)
    if isinstance(error, TemporarilyUnavailable):
        response.headers["retry-after"] = str(error.retry_after)
    return response
