"""The memory of the counts: a row for each worker, in memory that they share with their supervisor.

A worker writes in its own row alone, on its event loop's thread alone, so that nothing is counted
twice or lost; and the row outlives it, to be gone on with by the worker after it. So a sum over the
rows is exact at each moment and never goes down, whoever has died.
"""

from __future__ import annotations

import mmap
import os
from bisect import bisect_left
from contextlib import contextmanager
from time import perf_counter_ns
from typing import TYPE_CHECKING

from tokenhouse.metrics.families import GAUGE, LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence, Sized

    from tokenhouse.metrics.families import Family, Labels

_PID = 0  # the first number of a row: whose it is
_OCTETS = 8


class Board:
    """All rows, and what stands where in each."""

    def __init__(self, families: Sequence[Family], rows: int) -> None:
        """Take the memory; made before the workers are, so that all of them have it."""
        self.families = {family.name: family for family in families}
        self.places: dict[str, dict[Labels, int]] = {}
        end = _PID + 1
        for family in families:
            of = self.places[family.name] = {}
            for labels in family.series:
                of[labels] = end
                end += family.width
        memory = memoryview(mmap.mmap(-1, rows * end * _OCTETS)).cast("Q")
        self._rows = [memory[row * end : (row + 1) * end] for row in range(rows)]

    def tally(self, row: int = 0) -> Tally:
        """Take a row for this process; what one before it has counted stays."""
        cells = self._rows[row]
        for family in self.families.values():
            if family.kind == GAUGE:
                for place in self.places[family.name].values():
                    cells[place] = 0
        cells[_PID] = os.getpid()
        return CountingTally(self, cells)

    def workers(self) -> int:
        """Count the processes that are alive."""
        return sum(map(_is_alive, self._rows))

    def read(self, family: Family) -> Mapping[Labels, list[int]]:
        """Return the numbers of each series, over all workers."""
        rows = [row for row in self._rows if family.kind != GAUGE or _is_alive(row)]
        join = max if family.kind == LATEST else sum
        return {
            labels: [join(row[cell] for row in rows) for cell in range(at, at + family.width)]
            for labels, at in self.places[family.name].items()
        }


def _is_alive(row: memoryview) -> bool:
    pid = row[_PID]
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


class Tally:
    """What a process counts: here, where nobody asked for metrics, nothing."""

    def add(self, family: str, *labels: str, number: int = 1) -> None:
        """Count."""

    def set(self, family: str, *labels: str, number: int) -> None:
        """Say how many there are."""

    def observe(self, family: str, *labels: str, number: int) -> None:
        """Put a number into its bucket of a histogram."""

    def histogram(self, family: str, *labels: str) -> Callable[[int], None]:  # noqa: ARG002 - because its child uses them
        """Return what observes one series: for where there is no time to look it up."""
        return lambda _number: None

    @contextmanager
    def timed(self, family: str, *labels: str) -> Generator[None]:  # noqa: ARG002 - because its child uses them
        """Observe how long it takes, in nanoseconds, however it ends."""
        yield


NO_TALLY = Tally()


class CountingTally(Tally):
    """A row, as the process writes in it whose it is."""

    def __init__(self, board: Board, cells: memoryview) -> None:
        """Take the row's numbers."""
        self.board, self.cells = board, cells

    def add(self, family: str, *labels: str, number: int = 1) -> None:
        """Count."""
        self.cells[self.board.places[family][labels]] += number

    def set(self, family: str, *labels: str, number: int) -> None:
        """Say how many there are."""
        self.cells[self.board.places[family][labels]] = number

    def observe(self, family: str, *labels: str, number: int) -> None:
        """Put a number into its bucket of a histogram."""
        self.histogram(family, *labels)(number)

    def histogram(self, family: str, *labels: str) -> Callable[[int], None]:
        """Return what observes one series: for where there is no time to look it up."""
        cells, bounds = self.cells, self.board.families[family].bounds
        first = self.board.places[family][labels]
        total = first + len(bounds) + 1

        def observe(number: int) -> None:
            cells[first + bisect_left(bounds, number)] += 1
            cells[total] += number

        return observe

    @contextmanager
    def timed(self, family: str, *labels: str) -> Generator[None]:
        """Observe how long it takes, in nanoseconds, however it ends."""
        begun = perf_counter_ns()
        try:
            yield
        finally:
            self.observe(family, *labels, number=perf_counter_ns() - begun)

    def batches(self, name: str) -> Callable[[Sized, int, bool], None]:
        """Return what hears of each batch of one kind."""
        sizes, seconds = self.histogram("batch_size", name), self.histogram("batch_seconds", name)

        def tell(asked: Sized, took: int, failed: bool) -> None:  # noqa: FBT001 - because one caller has three facts
            sizes(len(asked))
            seconds(took)
            if failed:
                self.add("database_failures", "batch")

        return tell
