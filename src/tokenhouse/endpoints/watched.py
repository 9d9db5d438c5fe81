"""A door whose answers are counted; it stands in the place of the plain one where metrics are on.

The answer to a request that was granted says itself by which grant and method. A refusal may come
before either was known, so there the request is read once more.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from tokenhouse.client_auth import METHODS
from tokenhouse.endpoints.endpoint import Door
from tokenhouse.metrics.families import (
    FAILED,
    HTTP_METHOD,
    OK,
    OUTCOMES,
    REASONS,
    THROTTLED,
    UNAVAILABLE,
)
from tokenhouse.oauth.asked import Asked, Request, read
from tokenhouse.oauth.bearer import shows_token
from tokenhouse.oauth.errors import OAuthError, SlowDown
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from tokenhouse.context import Context
    from tokenhouse.endpoints.endpoint import Answer, Endpoint
    from tokenhouse.metrics.tally import CountingTally

    Message = MutableMapping[str, Any]

_BAD = 400


class WatchedDoor(Door):
    """The ASGI application of one endpoint, with its requests counted before they are answered."""

    def __init__(self, endpoint: Endpoint, context: Context, tally: CountingTally) -> None:
        """Stand before `endpoint`, and count in `tally`."""
        super().__init__(replace(endpoint, handle=self._handle), context)
        self._inner, self._path, self._methods = endpoint.handle, endpoint.path, endpoint.methods
        self._tally, self._cells = tally, tally.cells
        self._places = {
            labels[1:]: cell
            for labels, cell in tally.board.places["requests"].items()
            if labels[0] == endpoint.path
        }
        self._granted = {
            (grant, method): cell
            for (grant, method, outcome), cell in self._places.items()
            if outcome == OK
        }
        self._grants = {grant for grant, _ in self._granted} - {""}
        self._took = tally.histogram("request_seconds", endpoint.path)

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if scope["method"] not in self._methods:
            self._count(("", ""), "invalid_request", HTTP_METHOD)
            self._took(0)
        await super().__call__(scope, receive, send)

    async def _handle(self, context: Context, request: Request) -> Answer:
        begun = perf_counter_ns()
        try:
            answer = await self._inner(context, request)
            if answer.status < _BAD:
                self._cells[self._granted[answer.about]] += 1
            else:
                self._count(answer.about, UNAVAILABLE, UNAVAILABLE)
        except OAuthError as error:
            outcome = THROTTLED if isinstance(error, SlowDown) else error.code
            self._count(self._about(request), outcome, reason(error, outcome))
            raise
        except Unavailable:
            self._count(self._about(request), UNAVAILABLE, UNAVAILABLE)
            raise
        except Exception:
            self._count(self._about(request), FAILED, FAILED)
            raise
        finally:
            self._took(perf_counter_ns() - begun)
        return answer

    def _count(self, about: tuple[str, str], outcome: str, why: str) -> None:
        named = outcome if outcome in OUTCOMES else FAILED
        place = self._places.get((*about, named)) or self._places["", "", named]
        self._cells[place] += 1
        self._tally.add("refusals", why)

    def _about(self, request: Request) -> tuple[str, str]:
        """Return grant and method as far as they can be told, and are told apart here."""
        if len(self._granted) == 1:
            return next(iter(self._granted))
        try:
            asked = read(request)
        except OAuthError:
            return "", ""
        grant = asked.form.get("grant_type", "") if self._grants else ""
        return grant if grant in self._grants else "other" if grant else "", _method(asked)


def _method(asked: Asked) -> str:
    found: list[str] = []
    for method in METHODS:
        try:
            presented = method.read(asked)
        except OAuthError:
            return method.name  # it is the one, and malformed
        if presented is not None:
            found.append(method.name)
    if len(found) > 1:
        return "several"
    shown = asked.authorization is not None and shows_token(asked.authorization)
    return found[0] if found else "bearer" if shown else "none"


def reason(error: OAuthError, outcome: str) -> str:
    """Return the label for why it was refused: one of a few, never the text itself."""
    head, _, rest = error.detail.partition(": ")
    return REASONS.get(rest) or REASONS.get(head) or (outcome if outcome in OUTCOMES else FAILED)
