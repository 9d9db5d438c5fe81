"""The tables of docs/performance.md that come from the figures of `make bench`."""

import datetime as dt
import statistics
from collections.abc import Iterable

from bench.bars import Bar, bars, no_errors
from bench.measuring import LEVELS, Measured
from bench.results import Results
from bench.told import Rows, Told

LOAD = 0.6  # of a core that one plans with
WANTED = 1_000  # answers a second
TOKENS = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "introspection")


def all_tables(found: list[Results]) -> dict[str, Told]:
    """By name; the first setup is the one of most."""
    if not found:
        return {}
    base = found[0]
    every = list(base.measured.values())
    tables: dict[str, tuple[Rows, list[Bar]]] = {
        "rates": (rates(every), [*bars(base), no_errors(found)]),
        "latency": (latency(every), []),
        "sizing": (sizing(every), []),
        "setups": (setups(found), []),
    }
    day = dt.datetime.fromisoformat(base.machine["date"])
    date = f"{day.day} {day:%B %Y}, {base.machine['cores']} cores"
    return {name: Told("make bench", rows, bars, date) for name, (rows, bars) in tables.items()}


def rates(every: Iterable[Measured]) -> Rows:
    """Answers a second by connections, and beside the ceilings."""
    levels = (f"{level}" for level in LEVELS)
    rows: Rows = [("answers a second, connections:", *levels, "÷ raw ASGI", "÷ ceiling", "of")]
    for one in every:
        at = one.by_connections
        rows.append(
            (
                one.name,
                *(f"{at[level]:,.0f}" if level in at else "" for level in LEVELS),
                _ratio(one.ratio),
                _ratio(one.ceiling_ratio),
                one.ceiling,
            )
        )
    return rows


def latency(every: Iterable[Measured]) -> Rows:
    """At half of the peak."""
    rows: Rows = [("", "a second", "p50, ms", "p99, ms", "p99.9, ms", "errors")]
    for one in every:
        if one.paced:
            parts = (one.paced.p50_ms, one.paced.p99_ms, one.paced.p999_ms)
            shown = (f"{part:.1f}" for part in parts)
            rows.append((one.name, f"{one.paced.rate:,.0f}", *shown, f"{one.errors}"))
    return rows


def sizing(every: Iterable[Measured]) -> Rows:
    """What an answer costs, and what a core therefore gives."""
    heading = f"a second of a core at {LOAD:.0%} load", f"cores for {WANTED:,} a second"
    rows: Rows = [("", "µs of a core", *heading)]
    for one in every:
        cost = _cost(one)
        gives = LOAD * 1e6 / cost
        rows.append((one.name, f"{cost:,.0f}", f"{gives:,.0f}", f"{WANTED / gives:,.2f}"))
    return rows


def setups(found: Iterable[Results]) -> Rows:
    """The chief workloads in each setup."""
    rows: Rows = [
        ("tokens a second (µs of a core)", *TOKENS, "MB of a worker", "exec to /healthz, s")
    ]
    for one in found:
        shown = [one.measured.get(name) for name in TOKENS]
        memory = [each.memory_mb for each in one.measured.values() if each.memory_mb is not None]
        rows.append(
            (
                one.setup.text,
                *(f"{each.rate:,.0f} ({_cost(each):,.0f})" if each else "" for each in shown),
                f"{max(memory):.0f}" if memory else "",
                f"{statistics.median(one.starts):.2f}",
            )
        )
    return rows


def _cost(one: Measured) -> float:
    return statistics.median(run.cpu_us for run in one.runs)


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"
