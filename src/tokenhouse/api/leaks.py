"""`POST /api/v1/leaks`: secrets found where they should not be, in the form of GitHub's partners.

Off, and then 404, until a setting says who may report. Who does is known before the body is looked
at. The traps: an answer that repeats a secret, and one unfit entry that keeps the others from being
revoked; so what merely describes an entry is cut, never refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from tokenhouse.actor import Actor
from tokenhouse.api import leaks_openapi as described
from tokenhouse.api.caller import context_of, origin_of
from tokenhouse.api.strict import StrictRequest, Text
from tokenhouse.crypto.report_signature import ReportKeysError, is_signed, read_keys
from tokenhouse.log import LOGGER
from tokenhouse.manage import leaks
from tokenhouse.manage.leaks import Found
from tokenhouse.oauth.bearer import BearerError, read_token
from tokenhouse.oauth.jwt_claims import strict_json
from tokenhouse.tokens import access_token, revocation
from tokenhouse.tokens.access_token import AccessToken, InvalidToken

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from starlette.responses import Response

    from tokenhouse.context import Context
    from tokenhouse.settings import Settings
    from tokenhouse.store.database import Connection

PATH = "/api/v1/leaks"
MOST = 256  # entries
IDENTIFIER, SIGNATURE = "Github-Public-Key-Identifier", "Github-Public-Key-Signature"
_TOKEN = HTTPBearer(
    scheme_name="leak_report",
    description="The token of the setting `leak_report_token`.",
    auto_error=False,
)
_SIGNED = APIKeyHeader(
    name=SIGNATURE,
    scheme_name="secret_scanning",
    description=f"Signature over the body by the key that `{IDENTIFIER}` names, of those in "
    "`leak_report_keys_file`: ECDSA, P-256, SHA-256, base64 of its DER form.",
    auto_error=False,
)


class Leak(BaseModel):
    """One entry of a report; members that are not known are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)

    token: Text = Field(description="What was found.", json_schema_extra={"writeOnly": True})
    type: Annotated[Text, Field(pattern="^[A-Za-z0-9_.-]{1,60}$")] = Field(
        description="What it looks like; answered as it came."
    )
    url: Text = Field(default="", description="Where it was found.")
    source: Text = Field(default="", description="In what kind of place.")


class Verdict(BaseModel):
    """What an entry was."""

    token_hash: str = Field(description="SHA-256 of `token`, in base64.")
    token_type: str
    label: Literal["true_positive", "false_positive"] = Field(
        description="`true_positive`: a client secret or a good access token; it is revoked now."
    )


class ReportRequest(StrictRequest):
    """A request whose body is a list."""

    @staticmethod
    def parse(octets: bytes) -> object:
        """Parse the octets; whether it is a list is for the model to say."""
        return strict_json(octets)


class ReportRoute(APIRoute):
    """A route that knows who reports before it reads the report."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the framework's handler."""
        handle = super().get_route_handler()

        async def known(request: Request) -> Response:
            report = ReportRequest(request.scope, request.receive)
            report.state.reporter = _reporter(context_of(request), report, await report.body())
            return await handle(report)

        return known


router = APIRouter(prefix=PATH, tags=["Leaks"], route_class=ReportRoute)


def is_on(settings: Settings) -> bool:
    """Tell whether anybody may report."""
    return bool(settings.leak_report_token.get_secret_value() or settings.leak_report_keys_file)


def _reporter(context: Context, request: Request, body: bytes) -> str:
    """Return who reports: `token`, or `key:IDENTIFIER`.

    Raises:
        BearerError: nobody who may.

    """
    expected = context.settings.leak_report_token.get_secret_value()
    if not request.headers.getlist(SIGNATURE):
        sent = read_token(request.headers.getlist("authorization")).text
        if expected and hmac.compare_digest(expected.encode(), sent.encode()):
            return "token"
        raise _not_valid()
    named, signed = request.headers.getlist(IDENTIFIER), request.headers.getlist(SIGNATURE)
    file = context.settings.leak_report_keys_file
    if file is None or len(named) != 1 or len(signed) != 1:
        raise _not_valid()
    try:
        key = read_keys(file).get(named[0])
    except ReportKeysError as error:
        LOGGER.error("leak report refused", extra={"reason": str(error)})
        raise _not_valid() from None
    if key is None or not is_signed(key, signed[0], body):
        raise _not_valid()
    return f"key:{named[0]}"


def _not_valid() -> BearerError:
    return BearerError("invalid_token", 401, described.NOT_VALID)


@router.post("", response_model=list[Verdict], **described.REPORT)
async def report(
    request: Request,
    asked: Annotated[
        list[Leak], Body(min_length=1, max_length=MOST, openapi_examples=described.EXAMPLES)
    ],
    _token: Annotated[object, Security(_TOKEN)],
    _signed: Annotated[object, Security(_SIGNED)],
) -> list[dict[str, str]]:
    """Revoke the client secrets and access tokens that are reported, and tell their owners."""
    context, actor = context_of(request), Actor("", is_system=True, origin=origin_of(request))
    by: str = request.state.reporter
    reported = {one.token: Found(one.url, one.source, by) for one in asked}
    tokens = await _tokens(context, reported)

    def revoke(connection: Connection) -> set[str]:
        secrets, events = leaks.end_secrets(connection, context, reported)
        for text, token in tokens.items():
            ended = revocation.end(connection, token, context.clock())
            events.append(leaks.of_token(ended, reported[text]))
        leaks.tell(connection, context, events)
        context.trail.record(connection, actor, *events)
        return secrets

    known = await context.database.write_even_if_full(revoke) | tokens.keys()
    return [_verdict(one, is_known=one.token in known) for one in asked]


async def _tokens(context: Context, texts: Iterable[str]) -> dict[str, AccessToken]:
    """Return those of the texts that are access tokens of ours, and good."""
    good: dict[str, AccessToken] = {}
    for text in texts:
        try:
            good[text] = await access_token.check(context, text, any_audience=True)
        except InvalidToken:
            continue
    return good


def _verdict(one: Leak, *, is_known: bool) -> dict[str, str]:
    digest = hashlib.sha256(one.token.encode()).digest()
    return {
        "token_hash": base64.b64encode(digest).decode(),
        "token_type": one.type,
        "label": "true_positive" if is_known else "false_positive",
    }
