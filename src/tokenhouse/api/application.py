"""The FastAPI application of the management API, and how it words refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from tokenhouse.api import (
    audit_events,
    client_jwks,
    client_secrets,
    clients,
    keys,
    leaks,
    people,
    scopes,
    token_counts,
    users,
    webhooks,
)
from tokenhouse.api.strict import on_validation_error
from tokenhouse.log import LOGGER
from tokenhouse.manage.errors import ActorEnded, Conflict, Forbidden, Invalid, NotFound
from tokenhouse.oauth.bearer import BearerError, insufficient_scope, invalid_token
from tokenhouse.oauth.errors import OAuthError
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from fastapi import Request

    from tokenhouse.context import Context

ROUTERS = (
    clients.router,
    client_secrets.router,
    client_jwks.router,
    token_counts.router,
    users.router,
    people.router,
    scopes.router,
    keys.router,
    audit_events.router,
    leaks.router,
    webhooks.router,
)


def make_api(context: Context) -> FastAPI:
    """Make the management API."""
    api = FastAPI(
        title="Tokenhouse",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    api.state.context = context
    for router in ROUTERS:
        if router is leaks.router and not leaks.is_on(context.settings):
            continue
        api.include_router(router)
    handlers: dict[Any, Any] = {
        RequestValidationError: on_validation_error,
        HTTPException: _http,
        BearerError: _bearer,
        OAuthError: _refused,
        NotFound: _not_found,
        ActorEnded: _actor_ended,
        Forbidden: _forbidden,
        Conflict: _conflict,
        Invalid: _invalid,
        Unavailable: _unavailable,
        Exception: _failed,
    }
    for error, handler in handlers.items():
        api.add_exception_handler(error, handler)
    return api


async def _failed(_request: Request, _error: Exception) -> JSONResponse:
    """Say so in JSON; the framework raises the error again, so that it is logged."""
    return JSONResponse({"detail": "Internal error."}, 500)


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.status_code == 405:  # noqa: PLR2004 - because it is the status itself
        headers["allow"] = ", ".join(allowed(request.url.path))
    return JSONResponse({"detail": error.detail}, error.status_code, headers)


def allowed(path: str) -> list[str]:
    """Return the methods that this path answers, over all its routes."""
    methods: set[str] = set()
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path_regex.match(path):
                methods |= route.methods or set()
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


async def _bearer(_request: Request, error: BearerError) -> JSONResponse:
    body = {"error": error.code} if error.code else {}
    return JSONResponse({**body, "detail": error.description}, error.status, error.headers)


async def _actor_ended(request: Request, _error: ActorEnded) -> JSONResponse:
    return await _bearer(request, invalid_token())


async def _refused(_request: Request, error: OAuthError) -> JSONResponse:
    headers = {name.decode(): value.decode() for name, value in error.headers}
    return JSONResponse({"detail": error.description}, error.status, headers)


async def _not_found(_request: Request, _error: NotFound) -> JSONResponse:
    return JSONResponse({"detail": "Not Found"}, 404)


async def _forbidden(request: Request, error: Forbidden) -> JSONResponse:
    return await _bearer(request, insufficient_scope(str(error)))


async def _conflict(_request: Request, error: Conflict) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


async def _invalid(_request: Request, error: Invalid) -> JSONResponse:
    if error.field == "current_password":
        return JSONResponse({"detail": str(error)}, 400)
    place = [int(part) if part.isdecimal() else part for part in error.field.split(".")]
    where = {"loc": ["body", *place], "msg": str(error), "type": "value_error"}
    return JSONResponse({"detail": [where]}, 422)


async def _unavailable(_request: Request, error: Unavailable) -> JSONResponse:
    LOGGER.warning("database unavailable", extra={"reason": str(error)})
    return JSONResponse({"detail": "Try again."}, 503, {"retry-after": "1"})
