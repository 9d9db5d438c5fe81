"""The figures as tables for people."""

import statistics
from collections.abc import Iterable, Sequence

from bench import machine
from bench.bars import Bar
from bench.measuring import LEVELS, Measured
from bench.results import Results

BOTTLENECK = 0.95  # cores that a single-threaded loader may use before it is the slower side
HEADINGS = (
    "what",
    *(f"{count}" for count in LEVELS),
    "÷ raw ASGI",
    "÷ ceiling",
    "",
    "half of peak",
    "p50 ms",
    "p99",
    "p99.9",
    "CPU µs",
    "MB",
    "errors",
)


def text(found: list[Results], bars: Iterable[Bar]) -> str:
    """The report: machine, a table a setup, ceilings, bars."""
    parts = ["\n".join(f"{name:28} {value}" for name, value in found[0].machine.items())]
    for one in found:
        rows = [_row(measured) for measured in one.measured.values()]
        parts.append(
            f"{one.setup.text}: answers a second by connections\n" + table([HEADINGS, *rows])
        )
        parts.append("\n".join(_remarks(one)))
    parts.append(table([("ceiling of a core, alone", "per second"), *_ceilings(found)]))
    parts.append("\n".join(map(str, bars)))
    return "\n\n".join(part for part in parts if part)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns of one width, the first row above a line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    heading, *body = lines
    return "\n".join((heading, "-" * max(map(len, (heading, *body))), *body))


def spread(values: Sequence[float], style: str) -> str:
    """The median and the range."""
    return f"{statistics.median(values):{style}} ({min(values):{style}} to {max(values):{style}})"


def _row(one: Measured) -> Sequence[str]:
    rates, paced = one.by_connections, one.paced
    at_half: Sequence[str] = ("", "", "", "")
    if paced:
        at_half = (
            f"{paced.rate:,.0f}/s",
            *(f"{value:.2f}" for value in (paced.p50_ms, paced.p99_ms, paced.p999_ms)),
        )
    return (
        one.name,
        *(f"{rates[count]:,.0f}" if count in rates else "" for count in LEVELS),
        "" if one.ratio is None else f"{one.ratio:.3f}",
        "" if one.ceiling_ratio is None else f"{one.ceiling_ratio:.3f}",
        one.ceiling,
        *at_half,
        f"{statistics.median(run.cpu_us for run in one.runs):,.0f}",
        "" if one.memory_mb is None else f"{one.memory_mb:.0f}",
        f"{one.errors}",
    )


def _ceilings(found: Iterable[Results]) -> Iterable[Sequence[str]]:
    for one in found:
        rates = dict[str, list[float]]({"raw ASGI": []})
        for measured in one.measured.values():
            rates["raw ASGI"] += measured.raw
            if measured.ceilings:
                rates.setdefault(measured.ceiling, []).extend(measured.ceilings)
        for name, values in rates.items():
            if values:
                yield f"{name} ({one.setup.text})", spread(values, ",.0f")


def _remarks(one: Results) -> Iterable[str]:
    runs = [(each.name, run) for each in one.measured.values() for run in each.runs]
    if slowed := sorted({name for name, run in runs if run.load_cpu > BOTTLENECK}):
        yield f"CAREFUL: the loader was the bottleneck of {', '.join(slowed)}."
    others = statistics.median(run.other_cpu for _, run in runs)
    if others > machine.QUIET:
        yield f"CAREFUL: other processes used {others:.2f} cores meanwhile; measure again."
    yield f"Exec to /healthz 200, ms: {spread([s * 1e3 for s in one.starts], '.0f')}."
