"""What the bench says of itself holds: its baseline, its page, its steps, and who counts.

No figure is asserted here; a machine that is busy would make it another.
"""

import json
import re
from collections.abc import Generator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pytest

from bench import guard, machine, measuring, page, plots
from bench.bars import Bar
from bench.load import Run
from bench.measuring import NAMES, SDK_CHECK
from bench.stepped import STEPS, Cost, Stopwatch, resolve
from tests.shape.tree import ROOT

PAGE = page.PAGE.read_text("utf-8")
MEASURED = {found["name"]: found[0] for found in page.MARKED.finditer(PAGE)}
COMMAND = re.compile(r"python -m (bench\.\w+)")
QUIET_RUN = Run(100.0, 100, 9.0, 1.0, 2.0, 3.0, 0, 9.0, 1.0, 0.2, 0.0)


def cells(name: str) -> list[list[str]]:
    """The rows of a table of the page, below its headings."""
    lines = [line for line in MEASURED[name].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_baseline_has_every_workload() -> None:
    ratios = json.loads(guard.BASELINE.read_text("utf-8"))["ratios"]
    assert sorted(what.partition(" ÷ ")[0] for what in ratios) == sorted(NAMES)


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("rates", NAMES),
        ("sizing", NAMES),
        ("latency", [name for name in NAMES if name != SDK_CHECK]),
    ],
)
def test_the_page_has_every_workload(table: str, names: list[str]) -> None:
    assert [row[0] for row in cells(table)] == list(names)


@pytest.mark.parametrize("name", MEASURED)
def test_every_table_of_the_page_is_filled(name: str) -> None:
    assert cells(name)


@pytest.mark.parametrize("name", [name for name in MEASURED if name.startswith("steps-")])
def test_the_steps_add_up_to_the_whole(name: str) -> None:
    *steps, whole = (float(row[1]) for row in cells(name))
    assert sum(steps) == pytest.approx(whole, abs=0.05 * len(steps) + 0.05)


@pytest.mark.parametrize("name", plots.PLOTS)
def test_the_page_shows_every_plot(name: str) -> None:
    assert f"(performance/{name}.svg)" in PAGE
    assert "prefers-color-scheme: dark" in (page.PICTURES / f"{name}.svg").read_text("utf-8")


def test_every_command_that_a_page_names_is_there() -> None:
    texts = [PAGE, *(file.read_text("utf-8") for file in (ROOT / "bench").glob("*.*"))]
    named = {name for text in texts for name in COMMAND.findall(text)}
    assert [name for name in sorted(named) if find_spec(name) is None] == []


@pytest.mark.parametrize("where", STEPS)
def test_every_step_is_still_called_so(where: str) -> None:
    found, name = resolve(where)
    assert callable(getattr(found, name))


def test_the_stopwatch_takes_its_costs_off_whom_they_fell_on() -> None:
    watch = Stopwatch(("above", "below"))
    below = watch.around("below", lambda: None)
    watch.around("above", lambda: [below(), below()])()
    cost = watch.told({False: Cost(1.0, 10.0), True: Cost(0.0, 0.0)})["cost"]
    assert cost == {"rest": 10.0, "above": 1.0 + 2 * 10.0, "below": 2.0}


async def _above(seen: list[str]) -> str:
    seen.append("begun")
    said: str = await _Turn()
    return said


class _Turn:
    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield "waits")


def test_the_stopwatch_lets_a_coroutine_wait_and_end() -> None:
    seen: list[str] = []
    watched = Stopwatch(("above",)).around("above", _above)(seen)
    assert watched.send(None) == "waits"
    with pytest.raises(StopIteration, match="over"):
        watched.send("over")
    assert seen == ["begun"]


@pytest.mark.parametrize(
    ("others", "counts"),
    [([0.0], 0), ([0.5, 0.0], 1), ([0.5, 0.4, 0.6], 1), ([0.4, 0.5, 0.6], 0)],
)
def test_a_run_that_others_took_part_in_is_measured_again(
    others: list[float], counts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "settle", lambda: True)
    runs = [
        replace(QUIET_RUN, other_cpu=other, rate=float(number), errors=1)
        for number, other in enumerate(others)
    ]
    left = iter(runs)
    counted = measuring.undisturbed(lambda: next(left))
    assert list(left) == []
    assert (counted.rate, counted.errors) == (counts, len(others))


def test_what_is_a_tenth_slower_is_told() -> None:
    before = {"one": 1.0, "two": 1.0, "three": 1.0}
    now = {"one": 0.89, "two": 0.91, "three": 1.2, "four": 0.1}
    assert guard.slower(before, now) == ["one"]
    told = {row[0]: row[1:] for row in guard.table(before, now)[1:]}
    assert told["one"] == ("0.8900", "1.0000", "-11.0%", "SLOWER by more than 10%, twice")
    assert told["two"][-1] == ""
    assert told["four"] == ("0.1000", "", "+0.0%", "new")


def test_a_bar_is_met_or_missed() -> None:
    rows = list(page.reached([Bar("one", 2.0, 1.0), Bar("two", 2.0, 1.0, most=True)]))
    assert [row.rpartition("|")[0].rpartition("| ")[2] for row in rows[1:]] == [
        "met ",
        "**missed** ",
    ]


def test_the_page_takes_new_tables_and_keeps_the_others() -> None:
    text = "<!-- a -->\nold\n<!-- end -->\n<!-- b -->\nold\n<!-- end -->\n"
    once = page.filled(text, {"a": "new"})
    assert once == "<!-- a -->\nnew\n<!-- end -->\n<!-- b -->\nold\n<!-- end -->\n"
    assert page.filled(once, {"a": "new"}) == once
