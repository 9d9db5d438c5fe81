"""One token for everybody: kept, renewed ahead of its end, asked for once however many wait.

Whoever finds no token leads: it asks, in its own way, with blocking or with awaiting I/O. The
others wait for the same `Future`, or go on with the old token while it lives. The traps: a leader
that is cancelled must not take the others with it; followers in many event loops and threads wait
for one thing, so it is a `concurrent.futures.Future`, not an event loop's; and who blocks the
thread of a leading task would wait for itself.
"""

import asyncio
import random
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import httpx

from tokenhouse_sdk.calling.token_request import Answer, Token, TokenRequest
from tokenhouse_sdk.errors import ServiceUnavailable, TokenhouseError

LEEWAY = 10  # seconds before its end at which a token is not sent any more
AGAIN = 5  # seconds between two renewals that nothing but refusals asked for
_AHEAD = (0.1, 0.2)  # of its life: it is renewed so much before its end, at random


class Abandoned(Exception):
    """Who led was cancelled; one of those who waited leads."""


class Flight(Future[Token]):
    """A question that is under way; no follower can cancel it."""

    def __init__(self) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()
        self.thread = threading.get_ident()


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody who wants a token shall do: take it, lead, or follow."""

    token: Token | None
    flight: Flight | None = None
    leads: bool = False


class TokenKeeper:
    """Keeps the token of one TokenRequest."""

    def __init__(self, request: TokenRequest, options: dict[str, Any]) -> None:
        """Take what is asked for, and how httpx shall be opened for it."""
        self.request = request
        self._options: dict[str, Any] = {"timeout": 10.0, **options, "follow_redirects": False}
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._flight: Flight | None = None
        self._renew_at = 0.0
        self._dropped_at = float("-inf")

    def get(self) -> Token:
        """Return a good token.

        Raises:
            TokenRefused: the service says no.
            ServiceUnavailable: it is away or too busy.

        """
        while True:
            turn = self._turn()
            if turn.flight is None:
                return _given(turn.token)
            if turn.leads:
                try:
                    return self._land(turn.flight, self._ask())
                except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
                    return self._fail(turn, error)
            if turn.flight.thread == threading.get_ident():
                return self._ask()  # a task of this thread leads, and waits for us to return
            try:
                return turn.flight.result()
            except Abandoned:
                continue

    async def get_async(self) -> Token:
        """Return a good token, as `get` does, without holding up the event loop."""
        while True:
            turn = self._turn()
            if turn.flight is None:
                return _given(turn.token)
            if turn.leads:
                try:
                    return self._land(turn.flight, await self._ask_async())
                except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
                    return self._fail(turn, error)
            try:
                return await asyncio.wrap_future(turn.flight)
            except Abandoned:
                continue

    def drop(self, token: Token) -> bool:
        """Forget a token that an API refused; tells whether another try makes sense.

        An API that refuses every token must not make us ask for one each time.
        """
        with self._lock:
            if self._token is not token:
                return True  # another has dropped it already
            now = self.request.clock()
            if now - self._dropped_at < AGAIN:
                return False
            self._dropped_at, self._token = now, None
            return True

    def _turn(self) -> Turn:
        with self._lock:
            now = self.request.clock()
            token = self._token
            if token is not None and now >= token.dead_at - LEEWAY:
                token = self._token = None
            if token is not None and (now < self._renew_at or self._flight is not None):
                return Turn(token)
            if self._flight is not None:
                return Turn(None, self._flight)
            self._flight = Flight()
            return Turn(token, self._flight, leads=True)

    def _land(self, flight: Flight, token: Token) -> Token:
        life = max(0.0, token.dead_at - token.got_at)
        ahead = max(random.uniform(*_AHEAD) * life, min(2 * LEEWAY, life / 2))  # noqa: S311 - no secret
        with self._lock:
            self._token, self._flight = token, None
            self._renew_at = token.dead_at - ahead
        flight.set_result(token)
        return token

    def _fail(self, turn: Turn, error: BaseException) -> Token:
        """Tell those who wait; go on with the old token where it still lives."""
        with self._lock:
            self._flight = None
            self._renew_at = self.request.clock() + AGAIN
        if turn.flight is not None:
            known = isinstance(error, TokenhouseError)
            turn.flight.set_exception(error if known else Abandoned())
        if turn.token is not None and isinstance(error, ServiceUnavailable):
            return turn.token
        raise error

    def _ask(self) -> Token:
        steps = self.request.steps()
        answer: Answer = None
        with httpx.Client(**self._options) as http:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration as done:
                    return _given(done.value)
                answer = None
                if not isinstance(step, httpx.Request):
                    time.sleep(step)
                    continue
                try:
                    answer = http.send(step)
                except httpx.TransportError as error:
                    answer = error

    async def _ask_async(self) -> Token:
        steps = self.request.steps()
        answer: Answer = None
        async with httpx.AsyncClient(**self._options) as http:
            while True:
                try:
                    step = steps.send(answer)
                except StopIteration as done:
                    return _given(done.value)
                answer = None
                if not isinstance(step, httpx.Request):
                    await asyncio.sleep(step)
                    continue
                try:
                    answer = await http.send(step)
                except httpx.TransportError as error:
                    answer = error


def _given(token: Token | None) -> Token:
    assert token is not None  # noqa: S101 - a turn without a flight has a token
    return token
