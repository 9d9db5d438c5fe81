"""Which tests a mutant meets, and in which order: the likeliest to notice first."""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TypedDict

from mutation.mutants import Mutant

NEIGHBOURS = 5  # so many tests that killed mutants of the same module come first
NEAR, RARE = 4, 20  # then those that run lines near it which so few others run
START_SECONDS = 0.5  # what it costs to begin with another test file


class Measured(TypedDict):
    """How long a test took, and which lines of which modules it ran."""

    seconds: float
    lines: dict[str, list[int]]


Ran = dict[str, Measured]


def order(mutant: Mutant, module: str, ran: Ran, killers: Iterable[str], most: float) -> list[str]:
    """Name the tests to run, of at most so many seconds together.

    Args:
        mutant: the mutant; where it changes no function, all tests of the module fit.
        module: its module.
        ran: the tests.
        killers: those that killed other mutants of the module.
        most: seconds.

    """

    @cache
    def lines(test: str) -> set[int]:
        return set(ran[test]["lines"].get(module, ()))

    def seconds(test: str) -> float:
        return ran[test]["seconds"]

    def worth(tests: list[str]) -> float:
        return len(set[int]().union(*map(lines, tests))) / sum(map(seconds, tests))

    fit = {test for test in ran if lines(test)} or {test for test in ran if ran[test]["lines"]}
    if mutant.in_function:
        fit = {test for test in fit if lines(test) & set(mutant.lines)}
    count = Counter(test for test in killers if test in fit)
    files: dict[str, list[str]] = {}
    for test in filter(fit.__contains__, ran):
        files.setdefault(file_of(test), []).append(test)
    best = sorted(files.values(), key=worth)[::-1]
    best.sort(key=lambda tests: not _speaks(file_of(tests[0]), mutant.was))
    likely = [
        *sorted(count, key=lambda test: -count[test] / (START_SECONDS + seconds(test)))[
            :NEIGHBOURS
        ],
        *sorted(_rare({test: lines(test) for test in fit}, mutant), key=seconds),
        *(test for tests in best for test in tests),
    ]
    chosen, left = list[str](), most
    for test in dict.fromkeys(likely):
        if seconds(test) <= left:
            left -= seconds(test)
            chosen.append(test)
    return chosen


def _rare(lines: dict[str, set[int]], mutant: Mutant) -> list[str]:
    if not mutant.in_function:
        return []
    near = set(range(mutant.lines.start - NEAR, mutant.lines.stop + NEAR))
    often = Counter(line for run in lines.values() for line in run & near)
    return [test for test, run in lines.items() if any(often[line] <= RARE for line in run & near)]


@cache
def _speaks(file: str, was: str) -> bool:
    """Tell whether a text that was changed stands in a test file too."""
    return was.startswith("'") and was[1:-1] in Path(file).read_text("utf-8")


def file_of(test: str) -> str:
    """Return the file that a test is in."""
    return test.partition("::")[0]
