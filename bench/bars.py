"""The bars: what the figures of the base setup have to reach."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from bench.ceilings import CHECKS
from bench.measuring import Measured
from bench.results import Results
from bench.workloads import WORKLOADS

START_SECONDS = 1.0
P99_MS, P99_OF = 8.0, ("client_secret_basic", "client_secret_jwt")
KEY_SHARE = 0.6
CHECKED = ("private_key_jwt", "DPoP")  # one signature check more than client_secret_basic


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
        word = "pass" if self.passed else "FAIL"
        return f"{word}  {self.name}: {self.figure:.3g}, {bound} {self.limit:g}"


def bars(results: Results) -> list[Bar]:
    """Those that can be told from what was measured."""
    found = list(_of_ceilings(results.measured))
    basic = results.measured.get("client_secret_basic")
    for name in CHECKED:
        keyed = results.measured.get(name)
        if basic and keyed and keyed.ceiling == CHECKS:
            seconds = 1 / basic.rate + 1 / statistics.median(keyed.ceilings)
            text = f"{name} ÷ what an ES256 check leaves of client_secret_basic"
            found.append(Bar(text, keyed.rate * seconds, KEY_SHARE))
    for name in P99_OF:
        one = results.measured.get(name)
        if one and one.paced:
            found.append(
                Bar(f"{name}, p99 at half of peak, ms", one.paced.p99_ms, P99_MS, most=True)
            )
    start = statistics.median(results.starts)
    found.append(Bar("exec to /healthz 200, s", start, START_SECONDS, most=True))
    return found


def no_errors(results: Iterable[Results]) -> Bar:
    """Not one error in any setup: refusing is cheaper than answering."""
    errors = sum(one.errors for each in results for one in each.measured.values())
    return Bar("errors", errors, 0, most=True)


def _of_ceilings(measured: dict[str, Measured]) -> Iterable[Bar]:
    for workload in WORKLOADS:
        one = measured.get(workload.name)
        if one and one.ratio is not None and workload.bar:
            yield Bar(f"{workload.name} ÷ raw ASGI", one.ratio, workload.bar)
        if one and one.ceiling_ratio is not None and workload.ceiling_bar:
            yield Bar(f"{one.name} ÷ {one.ceiling}", one.ceiling_ratio, workload.ceiling_bar)
