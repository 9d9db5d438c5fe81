"""Where the time of a token goes: microseconds of a core by step, which add up to the whole.

    python -m bench.steps [--seconds 3] [--rounds 7] [--workload client_secret_basic]

The whole is the processor time of a plain server for a token. The steps are timed in another one,
by a stopwatch inside it (`bench.stepped`), in alternating runs; what that one takes more is the
stopwatch's own, and is taken off each step by how often the clock was read in it. What is left of
the whole lies between the steps: event loop, system calls, the interpreter. Both run on the same
core, 16 connections.
"""

import argparse
import json
import statistics
from dataclasses import dataclass, replace
from pathlib import Path

from bench import load, machine, report, servers
from bench.measuring import CONNECTIONS, timed
from bench.stage import BASE, Stage, Subject, stage
from bench.stepped import STEPS
from bench.workloads import WORKLOADS, Workload

BETWEEN = "between them: event loop, system calls"
ORDER = tuple(dict.fromkeys(STEPS.values()))


@dataclass(frozen=True)
class Found:
    """Microseconds for a token: plain, with the stopwatch, the raw answer; and its sums."""

    plain: list[float]
    watched: list[float]
    raw: list[float]
    own: dict[str, float]
    readings: dict[str, float]


def options() -> argparse.Namespace:
    """The command line."""
    names = [workload.name for workload in WORKLOADS[:5]]
    parser = argparse.ArgumentParser(prog="python -m bench.steps")
    parser.add_argument("--seconds", type=int, default=3, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(%(default)s)")
    parser.add_argument("--workload", choices=names, default=names[0], help="(%(default)s)")
    return parser.parse_args()


def measure(one: Stage, workload: Workload, chosen: argparse.Namespace) -> Found:
    """Load the plain server, the one with the stopwatch, and raw ASGI, in turn."""
    sender = load.Load(load.choose(None), one.site.cores.load, CONNECTIONS)
    file, port = one.site.folder / "steps.json", servers.free_port()
    program = ("bench.stepped", str(file))
    plain, watched, raw, answers = list[float](), list[float](), list[float](), 0
    with servers.tokenhouse(one.site, port, program=program) as server:
        other = Subject(server, replace(one.credential, port=port))
        fixed = WORKLOADS[0].request(one.credential)
        for _ in range(chosen.rounds):
            plain.append(timed(one, workload, sender, chosen.seconds).cpu_us)
            run = timed(other, workload, sender, chosen.seconds)
            watched.append(run.cpu_us)
            answers += run.answers
            raw.append(sender.run(one.raw, fixed, chosen.seconds).cpu_us)
    told = _told(file)
    return Found(
        plain,
        watched,
        raw,
        {name: ns / answers / 1e3 for name, ns in told["own"].items()},
        {name: count / answers for name, count in told["readings"].items()},
    )


def _told(file: Path) -> dict[str, dict[str, float]]:
    told: dict[str, dict[str, float]] = json.loads(file.read_text("utf-8"))
    return told


def rows(found: Found) -> list[tuple[str, str, str]]:
    """The table: steps, what lies between them, the whole."""
    whole = statistics.median(found.plain)
    more = statistics.median(b - a for a, b in zip(found.plain, found.watched, strict=True))
    a_reading = more / sum(found.readings.values())
    steps = {
        name: found.own[name] - a_reading * found.readings[name]
        for name in ORDER
        if name in found.own
    }
    steps[BETWEEN] = whole - sum(steps.values())
    return [
        ("step", "µs", "of the whole"),
        *((name, f"{us:.1f}", f"{us / whole:.0%}") for name, us in steps.items()),
        ("a token", f"{whole:.1f}", "100%"),
    ]


def main() -> None:
    """Measure and print."""
    chosen = options()
    workload = next(one for one in WORKLOADS if one.name == chosen.workload)
    with machine.turn(), stage(BASE, None) as one:
        found = measure(one, workload, chosen)
    print(f"{workload.name}, {BASE.text}: medians of {chosen.rounds} runs of {chosen.seconds} s")
    print(report.table(rows(found)))
    print(
        f"with the stopwatch {statistics.median(found.watched):.1f} µs; what it adds is taken off"
    )
    print(f"a raw ASGI answer of the same minutes: {statistics.median(found.raw):.1f} µs")


if __name__ == "__main__":
    main()
