"""The service with a stopwatch at each step: `tokenhouse` as it is, run by `bench.steps`.

    python -m bench.stepped FILE serve --data-dir DIR ...

Each step's own time is what passes in it and not in a step that it calls; where it waits, time goes
to whoever runs meanwhile. At the end the sums are written to FILE. Only the event loop's thread is
watched. Traps: names are replaced where they are called, before anything keeps them; reading the
clock costs as much as some steps, which `bench.steps` takes off.
"""

import atexit
import importlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from time import perf_counter_ns
from typing import Any

Function = Callable[..., Any]
PARSE, ROUTE, WRITE = "read and check the HTTP request", "find the door", "write the answer"
READ, GLUE = "read headers and form", "call one step after the other"
AUTHENTICATE, LOOK_UP, OPEN = "authenticate", "look the client up", "open its sealed secret"
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
    """Own times in nanoseconds by step, and how often the clock was read in it."""

    def __init__(self) -> None:
        """Begin, on this thread."""
        self.own, self.readings = Counter[str](), Counter[str]()
        self._under_way, self._since = ["rest"], perf_counter_ns()
        self._thread = threading.get_ident()

    def enter(self, step: str) -> None:
        """Begin a step within the one under way."""
        now, above = perf_counter_ns(), self._under_way[-1]
        self.own[above] += now - self._since
        self.readings[above] += 1
        self.readings[step] += 1
        self._under_way.append(step)
        self._since = perf_counter_ns()

    def leave(self) -> None:
        """End it, for now."""
        now = perf_counter_ns()
        self.own[self._under_way.pop()] += now - self._since
        self._since = perf_counter_ns()

    def around(self, step: str, function: Function) -> Function:
        """Return the function, watched."""
        if iscoroutinefunction(function):

            @wraps(function)
            def awaited(*given: object, **named: object) -> _Watched:
                return _Watched(self, step, function(*given, **named))

            return awaited

        @wraps(function)
        def watched(*given: object, **named: object) -> object:
            if threading.get_ident() != self._thread:
                return function(*given, **named)
            self.enter(step)
            try:
                return function(*given, **named)
            finally:
                self.leave()

        return watched

    def told(self) -> dict[str, dict[str, int]]:
        """The sums so far."""
        return {"own": dict(self.own), "readings": dict(self.readings)}


class _Watched:
    """A coroutine, watched while it runs and not while it waits."""

    def __init__(self, watch: Stopwatch, step: str, inner: Any) -> None:  # noqa: ANN401 - any coroutine
        self._watch, self._step, self._inner = watch, step, inner

    def __await__(self) -> Generator[Any, Any, Any]:
        run, given = self._inner.__await__(), None
        go_on = run.send
        while True:
            self._watch.enter(self._step)
            try:
                waits_for = go_on(given)
            except StopIteration as ended:
                return ended.value
            finally:
                self._watch.leave()
            try:
                given, go_on = (yield waits_for), run.send
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is for the one inside
                given, go_on = error, run.throw


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
    watch, file = Stopwatch(), Path(sys.argv[1])
    for where, step in STEPS.items():
        found, name = resolve(where)
        setattr(found, name, watch.around(step, getattr(found, name)))
    atexit.register(lambda: file.write_text(json.dumps(watch.told()), "utf-8"))
    sys.argv = ["tokenhouse", *sys.argv[2:]]
    importlib.import_module("tokenhouse.__main__").main()


if __name__ == "__main__":
    main()
