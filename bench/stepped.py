"""The service with a stopwatch at each step: `tokenhouse` as it is, run by `bench.steps`.

    python -m bench.stepped FILE serve --data-dir DIR ...

Each step's own time is what passes in it and not in a step that it calls; where it waits, time goes
to whoever runs meanwhile. Only the event loop's thread is watched. What watching costs is measured
beforehand on a step that does nothing; at the end the sums are written to FILE, and the costs.
Traps: names are replaced where they are called, before anything keeps them; a clock costs as much
as some steps.
"""

from __future__ import annotations

import atexit
import importlib
import json
import sys
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from itertools import repeat
from pathlib import Path
from threading import get_ident
from time import perf_counter_ns
from types import coroutine
from typing import Any

Function = Callable[..., Any]
Costs = dict[bool, "Cost"]  # of a coroutine, or not
PARSE, ROUTE, WRITE = "read and check the HTTP request", "find the door", "write the answer"
READ, GLUE = "read headers and form", "call one step after the other"
AUTHENTICATE, LOOK_UP, OPEN = "authenticate", "look the client up", "open its sealed secret"
REST, OUTER, INNER = "rest", "outer", "inner"
KINDS = (False, True)  # of functions: whether they are awaited
CALLS, CALIBRATIONS = 20_000, 15
BATCH, ISSUE, SIGN, JSON = "gather batches", "write the claims", "sign", "word the answer"

STEPS = {
    "tokenhouse.server.wire:Wire.data_received": PARSE,
    "tokenhouse.app:Application.__call__": ROUTE,
    "tokenhouse.endpoints.endpoint:Door.__call__": GLUE,
    "tokenhouse.endpoints.endpoint:read": READ,
    "tokenhouse.endpoints.token:read": READ,
    "tokenhouse.endpoints.token:authenticate": AUTHENTICATE,
    "tokenhouse.crypto.sealing:Sealer.open": OPEN,
    "tokenhouse.store.line:Line.ask": LOOK_UP,
    "tokenhouse.store.batcher:Batcher.ask": BATCH,
    "tokenhouse.store.batcher:Batcher._begin": BATCH,
    "tokenhouse.store.batcher:Batcher._finish": BATCH,
    "tokenhouse.endpoints.token:issue": ISSUE,
    "tokenhouse.crypto.keyring:Keyring.sign": SIGN,
    "tokenhouse.endpoints.token:json_answer": JSON,
    "tokenhouse.server.cycle:Cycle.send": WRITE,
}


class Stopwatch:
    """Own times in nanoseconds by step, and who was entered from whom how often.

    One clock reading ends a time and begins the next. What is used at each lies in cells and lists,
    not in attributes: the less a stopwatch costs, the less it changes what it watches.
    """

    def __init__(self, steps: Sequence[str]) -> None:
        """Begin, on this thread, outside of all steps."""
        self.steps = (REST, *steps)
        self.own = [0] * len(self.steps)
        self.entered = {awaited: [[0] * len(self.steps) for _ in self.steps] for awaited in KINDS}
        self.around = self._begun()

    def _begun(self) -> Callable[[str, Function], Function]:  # noqa: C901, PLR0915 - one for the cells
        own, clock, thread = self.own, perf_counter_ns, get_ident()
        under_way, since = 0, clock()

        def around(step: str, function: Function) -> Function:  # noqa: PLR0915 - likewise the cells
            """Return the function, watched: while it runs, and not while it waits."""
            this, is_awaited = self.steps.index(step), iscoroutinefunction(function)
            entered = self.entered[is_awaited][this]

            @wraps(function)
            def watched(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - any function's
                nonlocal under_way, since
                if get_ident() != thread:
                    return function(*given, **named)
                above, now = under_way, clock()
                own[above] += now - since
                entered[above] += 1
                under_way, since = this, now
                try:
                    return function(*given, **named)
                finally:
                    now = clock()
                    own[this] += now - since
                    under_way, since = above, now

            @coroutine
            def driven(inner: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401 - any coroutine
                nonlocal under_way, since
                value, go_on = None, inner.send
                while True:
                    above, now = under_way, clock()
                    own[above] += now - since
                    entered[above] += 1
                    under_way, since = this, now
                    try:
                        waits_for = go_on(value)
                    except StopIteration as ended:
                        return ended.value
                    finally:
                        now = clock()
                        own[this] += now - since
                        under_way, since = above, now
                    try:
                        value, go_on = (yield waits_for), inner.send
                    except BaseException as error:  # noqa: BLE001 - whatever it is, it is for the one inside
                        value, go_on = error, inner.throw

            @wraps(function)
            def awaited(*given: Any, **named: Any) -> Awaitable[Any]:  # noqa: ANN401 - any function's
                return driven(function(*given, **named))

            return awaited if is_awaited else watched

        return around

    def told(self, costs: Costs) -> dict[str, dict[str, float]]:
        """The sums so far, and what watching took of each."""
        cost = [0.0] * len(self.steps)
        for awaited, entered in self.entered.items():
            for this, from_ in enumerate(entered):
                cost[this] += costs[awaited].inside * sum(from_)
                for above, times in enumerate(from_):
                    cost[above] += costs[awaited].outside * times
        own = dict(zip(self.steps, map(float, self.own), strict=True))
        return {"own": own, "cost": dict(zip(self.steps, cost, strict=True))}


@dataclass(frozen=True)
class Cost:
    """Nanoseconds that watching a call takes of the step itself, and of the one that calls it."""

    inside: float
    outside: float


def calibrated() -> Costs:
    """What watching a function costs, and what a coroutine, beside the bare call."""
    return {False: _cost(_nothing), True: _cost(_soon)}


def _cost(nothing: Function) -> Cost:
    calls = _awaits if iscoroutinefunction(nothing) else _calls
    costs = list[Cost]()
    for _ in range(CALIBRATIONS):
        watch, bare = Stopwatch((OUTER, INNER)), calls(nothing)
        watch.around(OUTER, calls)(watch.around(INNER, nothing))
        _, outside, inside = watch.own
        costs.append(Cost(inside / CALLS, (outside - bare) / CALLS))
    return sorted(costs, key=lambda cost: cost.inside + cost.outside)[CALIBRATIONS // 2]


def _nothing() -> None:
    """Be a step."""


async def _soon() -> None:
    """Be a step that is awaited, and never waits."""


def _calls(function: Function) -> int:
    begun = perf_counter_ns()
    for _ in repeat(None, CALLS):
        function()
    return perf_counter_ns() - begun


def _awaits(function: Function) -> int:
    async def all_of_them() -> None:
        for _ in repeat(None, CALLS):
            await function()

    begun = perf_counter_ns()
    with suppress(StopIteration):
        all_of_them().send(None)
    return perf_counter_ns() - begun


def resolve(where: str) -> tuple[Any, str]:
    """The object and the name in it of a step. Raises AttributeError where it is no more."""
    module, _, path = where.partition(":")
    *classes, name = path.split(".")
    found: Any = importlib.import_module(module)
    for one in classes:
        found = getattr(found, one)
    getattr(found, name)
    return found, name


def main() -> None:
    """Put the stopwatch in, and be `tokenhouse`."""
    costs, watch, file = (
        calibrated(),
        Stopwatch(tuple(dict.fromkeys(STEPS.values()))),
        Path(sys.argv[1]),
    )
    for where, step in STEPS.items():
        found, name = resolve(where)
        setattr(found, name, watch.around(step, getattr(found, name)))
    atexit.register(lambda: file.write_text(json.dumps(watch.told(costs)), "utf-8"))
    sys.argv = ["tokenhouse", *sys.argv[2:]]
    importlib.import_module("tokenhouse.__main__").main()


if __name__ == "__main__":
    main()
