"""Tokenhouse beside other services: what the alternating rounds of `bench/peers.toml` gave.

    python -m bench.peers RESULTS

RESULTS holds a JSON object a line, as the runs beside other services write them: `peer`, `title`,
`versions`, `mode`, `rps`, `p99_ms`, `other_cpu`, `errors`. The n-th round of ours stands beside the
n-th of each other. Exits 0 when every bar is reached.
"""

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from bench import machine, report, told
from bench.bars import Bar

BAR = 2.5
OURS = ("ours-es256", "ours-es256-jwt")
BESIDE = {  # which of ours each stands beside
    "node-oidc-es256": OURS[0],
    "openbao-approle-batch": OURS[0],
    "node-oidc-es256-jwt": OURS[1],
}


@dataclass(frozen=True)
class Round:
    """One peer in one round, one worker on a core, the load on the other."""

    peer: str
    title: str
    mode: str
    versions: str
    rps: float
    p99_ms: float
    other_cpu: float
    errors: int


_ROUND = TypeAdapter(Round)


def read(file: Path) -> dict[str, list[Round]]:
    """The rounds of each peer, in their order."""
    found = defaultdict[str, list[Round]](list)
    for line in file.read_text("utf-8").splitlines():
        one = _ROUND.validate_python(json.loads(line))
        if one.mode == "pinned":
            found[one.peer].append(one)
    return found


def ratios(rounds: dict[str, list[Round]], peer: str) -> list[float]:
    """Ours to the peer's, round by round; none where it was not measured."""
    pairs = zip(rounds[BESIDE[peer]], rounds[peer], strict=False)
    return [ours.rps / its.rps for ours, its in pairs]


def table(rounds: dict[str, list[Round]]) -> told.Rows:
    """Rates of all, and ours to theirs."""
    rows: told.Rows = [("", "tokens/s", "p99, ms", "ours ÷ it: least", "median", "greatest")]
    for name in (*OURS, *BESIDE):
        mine = rounds[name]
        if not mine:
            continue
        rate, p99 = (statistics.median(values) for values in zip(*_figures(mine), strict=True))
        beside = sorted(ratios(rounds, name)) if name in BESIDE else []
        shown = (beside[0], statistics.median(beside), beside[-1]) if beside else ()
        cells = [f"{ratio:.1f}" for ratio in shown] or [""] * 3
        versions = "" if name in OURS else f" ({mine[0].versions})"
        rows.append((mine[0].title + versions, f"{rate:,.0f}", f"{p99:.1f}", *cells))
    return rows


def _figures(rounds: list[Round]) -> list[tuple[float, float]]:
    return [(one.rps, one.p99_ms) for one in rounds]


def main() -> int:
    """Print, and keep for the page."""
    rounds = read(Path(sys.argv[1]))
    every = [one for some in rounds.values() for one in some]
    if any(one.errors for one in every):
        raise SystemExit("requests were refused")
    bars = [
        Bar(f"Tokenhouse ÷ {rounds[peer][0].title}", statistics.median(found), BAR)
        for peer in BESIDE
        if (found := ratios(rounds, peer))
    ]
    rows = table(rounds)
    told.keep("peers", told.Told("python -m bench.peers RESULTS", rows, bars))
    print(report.table(rows), *bars, sep="\n")
    spoiled = sorted({one.peer for one in every if one.other_cpu > machine.QUIET})
    if spoiled:
        print(f"CAREFUL: other processes took part in the runs of {', '.join(spoiled)}.")
    return 0 if all(bar.passed for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
