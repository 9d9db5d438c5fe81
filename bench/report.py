"""The figures as a table for people and as JSON, and the bars that they have to reach."""

import dataclasses
import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import Run
from bench.rounds import Round
from bench.workloads import WORKLOADS

MEMORY_MB = 150.0
KEY_SHARE = 0.6
CHECKED = ("private_key_jwt", "DPoP")  # one signature check more than client_secret_basic
START_SECONDS = 1.5
BOTTLENECK = 0.95  # cores that a single-threaded loader may use before it is the slower side
SPOILED = 0.1  # cores that other processes may use before the figures are theirs too


@dataclass(frozen=True)
class Bar:
    """What a figure has to reach, or with `most` may not exceed."""

    name: str
    figure: float
    limit: float
    most: bool = False

    @property
    def passed(self) -> bool:
        """Whether it did."""
        return self.figure <= self.limit if self.most else self.figure >= self.limit

    def __str__(self) -> str:
        """One line, the word first."""
        bound = "at most" if self.most else "at least"
        return f"{_word(self)}  {self.name}: {self.figure:.3g}, {bound} {self.limit:g}"


@dataclass(frozen=True)
class Results:
    """All that was measured."""

    settings: dict[str, str]
    rounds: list[Round]
    start_seconds: list[float]
    memory_mb: dict[str, float]
    answer_bytes: int

    @property
    def bars(self) -> list[Bar]:
        """The bars: ratios by their median, and not one error."""
        ratios = [
            Bar(f"{load.name} ÷ raw ASGI", statistics.median(self.ratios(load.name)), load.bar)
            for load in WORKLOADS
            if load.bar
        ]
        return [
            *ratios,
            *(
                Bar(
                    f"{name} ÷ what an ES256 check leaves of client_secret_basic",
                    statistics.median(one.of_what_checks_leave(name) for one in self.rounds),
                    KEY_SHARE,
                )
                for name in CHECKED
            ),
            Bar(
                "errors",
                sum(run.errors for one in self.rounds for run in _all_runs(one)),
                0,
                most=True,
            ),
            Bar("memory of a worker after load, MB", self.memory_mb["rss"], MEMORY_MB, most=True),
            Bar(
                "exec to /healthz 200, s",
                statistics.median(self.start_seconds),
                START_SECONDS,
                most=True,
            ),
        ]

    def ratios(self, name: str) -> list[float]:
        """The workload's ratio to raw ASGI in each round."""
        return [one.ratio(name) for one in self.rounds]


def text(results: Results) -> str:
    """The report: machine, table, ceilings, bars."""
    parts = [
        "\n".join(f"{name:28} {value}" for name, value in results.settings.items()),
        _aligned([HEADINGS, *_rows(results)]),
        _aligned(
            [
                ("ceiling of a core, alone", "per second, median (range)", "µs each"),
                *_ceilings(results.rounds),
            ]
        ),
        "\n".join(_remarks(results)),
        "\n".join(map(str, results.bars)),
    ]
    return "\n\n".join(part for part in parts if part)


def write_json(results: Results, path: Path) -> None:
    """All figures, unrounded."""
    plain = dataclasses.asdict(results)
    plain["ratios"] = {load.name: results.ratios(load.name) for load in WORKLOADS}
    plain["bars"] = [dataclasses.asdict(bar) | {"passed": bar.passed} for bar in results.bars]
    path.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


HEADINGS = (
    "what",
    "req/s, median (range)",
    "p50 ms",
    "p99 ms",
    "÷ raw ASGI (range)",
    "bar",
    "",
    "errors",
    "CPU µs",
    "cores: server",
    "loader",
    "others",
)
MEDIANS = {
    "p50_ms": ".2f",
    "p99_ms": ".2f",
    "cpu_us": ".1f",
    "server_cpu": ".2f",
    "load_cpu": ".2f",
    "other_cpu": ".2f",
}


def _rows(results: Results) -> Iterable[Sequence[str]]:
    yield _row("raw ASGI", [run for one in results.rounds for run in one.raw])
    yield _row("raw ASGI, fresh assertions", [one.loader_alone for one in results.rounds])
    bars = {bar.name.partition(" ")[0]: bar for bar in results.bars}
    for load in WORKLOADS:
        bar = bars.get(load.name)
        word = _word(bar) if bar else ""
        shown = (
            _spread(results.ratios(load.name), ".3f"),
            f"{load.bar:.2f}" if load.bar else "",
            word,
        )
        yield _row(load.name, [one.runs[load.name] for one in results.rounds], shown)


def _row(name: str, runs: list[Run], ratio: tuple[str, str, str] = ("", "", "")) -> Sequence[str]:
    p50, p99, *cpu = (
        f"{statistics.median(getattr(run, key) for run in runs):{style}}"
        for key, style in MEDIANS.items()
    )
    rates = _spread([run.rate for run in runs], ",.0f")
    return (name, rates, p50, p99, *ratio, str(sum(run.errors for run in runs)), *cpu)


def _ceilings(rounds: list[Round]) -> Iterable[Sequence[str]]:
    for name in rounds[0].ceilings:
        rates = [one.ceilings[name] for one in rounds]
        yield name, _spread(rates, ",.0f"), f"{1e6 / statistics.median(rates):,.1f}"


def _remarks(results: Results) -> Iterable[str]:
    yield "Only the ratios count: they are of neighbouring runs, while req/s drift with the cores."
    limit = statistics.median(one.loader_alone.rate for one in results.rounds)
    yield f"The loader sends {limit:,.0f} fresh assertions a second to raw ASGI, which holds it up."
    runs = [(name, run) for one in results.rounds for name, run in one.runs.items()]
    if slowed := sorted({name for name, run in runs if run.load_cpu > BOTTLENECK}):
        yield f"CAREFUL: the loader was the bottleneck of {', '.join(slowed)}."
    others = statistics.median(run.other_cpu for one in results.rounds for run in _all_runs(one))
    if others > SPOILED:
        yield f"CAREFUL: other processes used {others:.2f} cores meanwhile; measure again."
    yield f"Exec to /healthz 200, ms: {_spread([s * 1e3 for s in results.start_seconds], '.0f')}."
    memory = results.memory_mb
    yield f"Memory of a worker after load, MB: {memory['rss']:.1f}, peak {memory['peak']:.1f}."


def _word(bar: Bar) -> str:
    return "pass" if bar.passed else "FAIL"


def _all_runs(one: Round) -> Iterable[Run]:
    return (*one.raw, one.loader_alone, *one.runs.values())


def _spread(values: list[float], style: str) -> str:
    return f"{statistics.median(values):{style}} ({min(values):{style}} to {max(values):{style}})"


def _aligned(rows: list[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    heading, *body = lines
    return "\n".join((heading, "-" * max(map(len, (heading, *body))), *body))
