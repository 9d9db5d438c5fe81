"""The same API in every framework that the SDK serves: `/` tells whose token came.

Called without a socket, through the interface that a server would use. Sending twice the same
header is left to ASGI: WSGI's environment holds one value.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import django
import fastapi
import flask
import httpx
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import tokenhouse_sdk.django
import tokenhouse_sdk.fastapi
import tokenhouse_sdk.flask
import tokenhouse_sdk.starlette
from tokenhouse_sdk import Claims, TokenChecker

URL = "http://api.example"
Headers = Sequence[tuple[str, str]]
Send = Callable[[str, Headers], httpx.Response]


def by_asgi(app: Any) -> Send:
    """Send a request to an ASGI application."""

    async def once(method: str, headers: Headers) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            return await http.request(method, "/", headers=list(headers))

    return lambda method, headers: asyncio.run(once(method, headers))


def by_wsgi(app: Any) -> Send:
    """Send a request to a WSGI application."""

    def send(method: str, headers: Headers) -> httpx.Response:
        with httpx.Client(transport=httpx.WSGITransport(app), base_url=URL) as http:
            return http.request(method, "/", headers=list(headers))

    return send


def fastapi_app(checker: TokenChecker, scopes: Sequence[str]) -> fastapi.FastAPI:
    """The API in FastAPI."""
    require = tokenhouse_sdk.fastapi.RequireToken(checker, scopes=scopes)
    app = fastapi.FastAPI()

    async def whoami(claims: Annotated[Claims, fastapi.Depends(require)]) -> Claims:
        return claims

    app.get("/")(whoami)
    app.post("/")(whoami)
    return app


def starlette_app(checker: TokenChecker, scopes: Sequence[str]) -> Starlette:
    """The API in Starlette."""

    def whoami(request: Request) -> JSONResponse:
        return JSONResponse(request.state.claims)

    guard = Middleware(tokenhouse_sdk.starlette.RequireToken, issuer=checker, scopes=scopes)
    return Starlette(routes=[Route("/", whoami, methods=["GET", "POST"])], middleware=[guard])


def flask_app(checker: TokenChecker, scopes: Sequence[str]) -> flask.Flask:
    """The API in Flask."""
    app = flask.Flask("api")

    @tokenhouse_sdk.flask.RequireToken(checker, scopes=scopes)
    def whoami() -> flask.Response:
        return flask.jsonify(flask.g.claims)

    app.add_url_rule("/", view_func=whoami, methods=["GET", "POST"])
    return app


class Urls:
    """What Django takes for a module of routes."""

    def __init__(self, *patterns: URLPattern) -> None:
        self.urlpatterns = patterns


def django_app(checker: TokenChecker, scopes: Sequence[str], *, asgi: bool) -> Any:
    """The API in Django; the one such application of this process at a time."""
    require = tokenhouse_sdk.django.RequireToken(checker, scopes=scopes)

    @require
    async def whoami_async(request: HttpRequest) -> JsonResponse:
        return JsonResponse(request.__dict__["claims"])

    @require
    def whoami(request: HttpRequest) -> JsonResponse:
        return JsonResponse(request.__dict__["claims"])

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["api.example"], SECRET_KEY="x" * 50, ROOT_URLCONF=None)
        django.setup(set_prefix=False)
    settings.ROOT_URLCONF = Urls(path("", whoami_async if asgi else whoami))
    return ASGIHandler() if asgi else WSGIHandler()


FRAMEWORKS: dict[str, Callable[[TokenChecker, Sequence[str]], Send]] = {
    "fastapi": lambda checker, scopes: by_asgi(fastapi_app(checker, scopes)),
    "starlette": lambda checker, scopes: by_asgi(starlette_app(checker, scopes)),
    "flask": lambda checker, scopes: by_wsgi(flask_app(checker, scopes)),
    "django": lambda checker, scopes: by_wsgi(django_app(checker, scopes, asgi=False)),
    "django-async": lambda checker, scopes: by_asgi(django_app(checker, scopes, asgi=True)),
}
