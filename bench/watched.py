"""What metrics and traces cost a token: servers with and without them, in alternating runs.

    python -m bench.watched [--seconds 2] [--rounds 7]

Each server is one worker on SQLite, on the same core; spans go to a server that takes anything, on
that core too. What counts is the processor time of the server for an answer, beside that of the
plain one in the same round. Trap: what is kept is sent by a thread of the server, so its cost
is in there.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import load, machine, servers
from bench.measuring import timed
from bench.request import BenchError
from bench.stage import Subject
from bench.workloads import WORKLOADS

PLAIN = "neither"
COLLECTOR_OCTETS = 2


def ways(collector: int) -> dict[str, dict[str, str]]:
    """The environment of each server, by what it is measured for; the plain one is the first."""
    traced = {"TOKENHOUSE_OTLP_ENDPOINT": f"http://127.0.0.1:{collector}"}
    some = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"}
    metrics = f"127.0.0.1:{servers.free_port()}"
    return {
        PLAIN: {},
        "metrics": {"TOKENHOUSE_METRICS_ADDRESS": metrics},
        "traces, 1 of 100 kept": traced | some,
        "traces, all kept": traced,
    }


def measure(seconds: int, number: int, stack: ExitStack) -> dict[str, list[float]]:
    """Return the microseconds of each way, round by round."""
    cores = machine.share_out(1)
    sender = load.Load(load.choose(None), cores.load, 16)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tokenhouse-bench-")))
    receiver = servers.Site(cores, folder)
    collector = stack.enter_context(servers.raw_asgi(receiver, COLLECTOR_OCTETS))
    subjects: dict[str, Subject] = {}
    for way, environment in ways(collector.port).items():
        home = folder / str(len(subjects))
        home.mkdir()
        site = servers.Site(cores, home, environment=tuple(environment.items()))
        server = stack.enter_context(servers.tokenhouse(site, servers.free_port()))
        subjects[way] = Subject(server, servers.make_credential(site, server))
    found: dict[str, list[float]] = {way: [] for way in subjects}
    for this in range(number + 1):  # the first warms up
        for way, subject in subjects.items():
            sys.stderr.write(f"round {this}: {way}\n")
            run = timed(subject, WORKLOADS[0], sender, seconds)
            if run.errors:
                raise BenchError(f"{way}: {run.errors} refused")
            if this:
                found[way].append(run.cpu_us)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.watched")
    parser.add_argument("--seconds", type=int, default=2, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(%(default)s)")
    chosen = parser.parse_args()
    with machine.turn(), ExitStack() as stack:
        found = measure(chosen.seconds, chosen.rounds, stack)
    print(f"{'a token by secret':26}{'CPU µs':>8}{'more than plain':>18}   (medians)")
    for way, costs in found.items():
        more = [cost - plain for cost, plain in zip(costs, found[PLAIN], strict=True)]
        print(f"{way:26}{statistics.median(costs):>8.1f}{statistics.median(more):>+15.1f} µs")


if __name__ == "__main__":
    main()
