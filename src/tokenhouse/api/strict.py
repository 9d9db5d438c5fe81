"""Reading JSON bodies strictly, and wording refusals without echoing the input.

The traps: a framework's JSON reader takes NaN and duplicate names and fails with a 500 on deep
nesting; its validation errors repeat what was sent.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Request
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)
from pydantic.json_schema import SkipJsonSchema

from tokenhouse.api.caller import authenticate, context_of
from tokenhouse.oauth.jwt_claims import MalformedJwt, strict_object
from tokenhouse.possession import next_nonce

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    from fastapi.exceptions import RequestValidationError
    from starlette.responses import Response

_MOST_NAME = 64
_DATE_TIME = re.compile(
    "[0-9]{4}(-[0-9]{2}){2}[Tt][0-9]{2}(:[0-9]{2}){2}([.][0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EARLIEST, _LATEST = 1971, 9998  # whatever the offset, it stays a time that can be written
__all__ = ["Problem", "StrictModel", "StrictRoute", "Text", "Validation", "When"]


class StrictRequest(Request):
    """A request whose JSON body is one strict object, or what else `parse` takes."""

    @staticmethod
    def parse(octets: bytes) -> object:
        """Parse the octets; MalformedJwt says that they are nothing to take."""
        return strict_object(octets)

    async def json(self) -> Any:  # noqa: ANN401 - because the framework declares it so
        """Parse the body; anything but strict JSON is a decoding error."""
        try:
            return self.parse(await self.body())
        except MalformedJwt as error:
            raise json.JSONDecodeError(str(error), "", 0) from None


class StrictRoute(APIRoute):
    """A route that checks the access token first and then reads its body strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the framework's handler."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            await authenticate(request)
            response = await handle(StrictRequest(request.scope, request.receive))
            response.raw_headers += next_nonce(context_of(request), request.state.sender_key)
            return response

        return strict


class StrictModel(BaseModel):
    """A body: no unknown members, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _no_nul(value: str) -> str:
    if "\0" in value:
        msg = "must not hold a NUL"
        raise ValueError(msg)
    return value


def _is_text(value: object) -> object:
    """Take no number for a time: seconds and milliseconds look alike."""
    if value is not None and not (isinstance(value, str) and _DATE_TIME.fullmatch(value)):
        msg = "must be an RFC 3339 date and time"
        raise ValueError(msg)
    return value


def _in_range(value: datetime) -> datetime:
    if not _EARLIEST <= value.year <= _LATEST:
        msg = f"must lie between the years {_EARLIEST} and {_LATEST}"
        raise ValueError(msg)
    return value


Text = Annotated[str, AfterValidator(_no_nul)]
When = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_is_text), AfterValidator(_in_range)
]
Id = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Absent = SkipJsonSchema[None]  # in answers alone: it would show in where a wrong value is


def without_defaults(schema: dict[str, Any]) -> None:
    """Leave defaults out of a schema where a missing member is not one with its default."""
    for member in schema["properties"].values():
        member.pop("default", None)


Refusal = Literal[
    "invalid_request", "invalid_token", "insufficient_scope", "invalid_dpop_proof", "use_dpop_nonce"
]


class Problem(BaseModel):
    """A refusal: `detail` says what is wrong."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    detail: str = Field(description="What is wrong, for people.")
    error: Refusal | Absent = Field(
        None,
        description="Only where the access token, or the proof of its key, is what is refused "
        "(RFC 6750 section 3.1, RFC 9449 section 7.1).",
    )


class Where(BaseModel):
    """One thing that is wrong with the input; the input itself is never repeated."""

    loc: list[str | int] = Field(description="Part of the request, then names and places in it.")
    msg: str = Field(description="What is wrong, for people.")
    type: str = Field(description="What is wrong, for programs.")


class Validation(BaseModel):
    """What is wrong with the input."""

    detail: list[Where]


def _shown(part: str | int) -> str | int:
    """Name a member that was sent, cut and made printable."""
    if isinstance(part, int):
        return part
    return part[:_MOST_NAME].encode("ascii", "backslashreplace").decode()


async def on_validation_error(_request: Request, error: Exception) -> JSONResponse:
    """Answer 422 with where, what and which type of error."""
    found: RequestValidationError = error  # type: ignore[assignment]  # - because handlers get it as Exception
    detail = [
        {"loc": [_shown(part) for part in item["loc"]], "msg": item["msg"], "type": item["type"]}
        for item in found.errors()
    ]
    return JSONResponse({"detail": detail}, 422)
