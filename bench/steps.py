"""Where the time of a token goes: microseconds of a core by step, which add up to the whole.

    python -m bench.steps [--seconds 3] [--rounds 7] [--workload client_secret_basic]

The whole is the processor time of a plain server for a token. The steps are timed in another one,
by a stopwatch inside it (`bench.stepped`), in alternating runs. The stopwatch is calibrated on a
step that does nothing; among real ones, which share the processor's caches with it, it costs more,
in all what that server takes more than the plain one: stretched to that, its costs are taken off
each step. What is left of the whole lies between the steps: event loop, system calls, the
interpreter. Both run on the same core, 16 connections.
"""

import argparse
import json
import statistics
from dataclasses import dataclass, replace

from bench import load, machine, report, servers, told
from bench.measuring import CONNECTIONS, once
from bench.stage import BASE, Stage, Subject, stage
from bench.stepped import STEPS
from bench.workloads import WORKLOADS, Workload

BETWEEN = "between them: event loop, system calls"
ORDER = tuple(dict.fromkeys(STEPS.values()))


@dataclass(frozen=True)
class Found:
    """Microseconds for a token: plain, with the stopwatch, raw ASGI; by step, and its cost."""

    plain: list[float]
    watched: list[float]
    raw: list[float]
    own: dict[str, float]
    cost: dict[str, float]

    @property
    def more(self) -> float:
        """What the stopwatch costs in all."""
        return statistics.median(b - a for a, b in zip(self.plain, self.watched, strict=True))


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
            plain.append(once(one, workload, sender, chosen.seconds).cpu_us)
            run = once(other, workload, sender, chosen.seconds)
            watched.append(run.cpu_us)
            answers += run.answers
            raw.append(sender.run(one.raw, fixed, chosen.seconds).cpu_us)
    sums: dict[str, dict[str, float]] = json.loads(file.read_text("utf-8"))
    own, cost = (
        {step: ns / answers / 1e3 for step, ns in sums[part].items()} for part in ("own", "cost")
    )
    return Found(plain, watched, raw, own, cost)


def rows(found: Found) -> told.Rows:
    """The table: steps, what lies between them, the whole."""
    whole = statistics.median(found.plain)
    stretched = found.more / sum(found.cost.values())
    steps = {
        name: found.own[name] - stretched * found.cost[name] for name in ORDER if name in found.own
    }
    steps[BETWEEN] = whole - sum(steps.values())
    return [
        ("step", "µs", "of the whole"),
        *((name, f"{us:z.1f}", f"{us / whole:z.0%}") for name, us in steps.items()),
        ("a token", f"{whole:.1f}", "100%"),
    ]


def main() -> None:
    """Measure and print."""
    chosen = options()
    workload = next(one for one in WORKLOADS if one.name == chosen.workload)
    with machine.turn(), stage(BASE, None) as one:
        found = measure(one, workload, chosen)
    table = rows(found)
    told.keep(
        f"steps-{workload.name}",
        told.Told(f"python -m bench.steps --workload {workload.name}", table),
    )
    print(f"{workload.name}, {BASE.text}: medians of {chosen.rounds} runs of {chosen.seconds} s")
    print(report.table(table))
    print(f"the stopwatch: {found.more:.1f} µs; as calibrated {sum(found.cost.values()):.1f}")
    print(f"a raw ASGI answer of the same minutes: {statistics.median(found.raw):.1f} µs")


if __name__ == "__main__":
    main()
