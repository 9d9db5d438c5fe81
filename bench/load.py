"""Load from cores of its own: as fast as it is answered, or at a rate of its own.

In a closed loop each connection has one request under way: `wrk` with `wrk.lua` where it is
installed, else `bench.loader`. In an open loop `bench.paced` sends when a request is due and times
it from then on, so that those who would have come while the server stalled count too (no
coordinated omission). All take the same parts from the environment (LOAD_*) and print the same
line. Trap: a loader may be the bottleneck; `Run.load_cpu` near 1 says so.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.machine import busy_seconds, cpu_seconds, ended_children_seconds, on_cores
from bench.request import BenchError, Request
from bench.servers import ROOT, Server

LOADERS = ("wrk", "python")


@dataclass(frozen=True)
class Run:
    """One timed run.

    Attributes:
        rate: answers a second.
        errors: answers that refuse, and broken or timed-out connections.
        cpu_us: processor time of the server for an answer, in microseconds.
        server_cpu, load_cpu, other_cpu: cores in use by the server, by the loader, and by
            processes that have nothing to do with it and spoil the run.

    """

    rate: float
    answers: int
    bytes_an_answer: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    errors: int
    cpu_us: float
    server_cpu: float
    load_cpu: float
    other_cpu: float


@dataclass(frozen=True)
class Load:
    """Who sends, from which cores, over how many connections."""

    loader: str
    cores: frozenset[int]
    connections: int

    def run(
        self, server: Server, request: Request, seconds: float, rate: float | None = None
    ) -> Run:
        """Send the request for so many seconds, as fast as it is answered or at a rate.

        Raises BenchError when the loader fails, or when `request.fresh` did not last.
        """
        url = f"http://127.0.0.1:{server.port}{request.path}"
        before = _spent(server)
        result = self._result(self._command(url, request, seconds, rate), request)
        after = _spent(server)
        if result["ran_out"]:
            raise BenchError("the prepared assertions or proofs did not last for the run")
        wall, served, sent, stored, busy = (
            now - then for now, then in zip(after, before, strict=True)
        )
        return Run(
            rate=result["answers"] / result["seconds"],
            answers=int(result["answers"]),
            bytes_an_answer=result["bytes"] / result["answers"],
            p50_ms=result["p50_ms"],
            p99_ms=result["p99_ms"],
            p999_ms=result["p999_ms"],
            errors=int(result["refused"] + result["broken"]),
            cpu_us=served / result["answers"] * 1e6,
            server_cpu=served / wall,
            load_cpu=sent / wall,
            other_cpu=max(busy - served - sent - stored, 0) / wall,
        )

    def _command(self, url: str, request: Request, seconds: float, rate: float | None) -> list[str]:
        if rate is None and self.loader == "wrk" and not request.far:
            return self._wrk(url, seconds)
        paced = ("bench.loader",) if rate is None else ("bench.paced", str(rate))
        told = (url, str(self.connections), str(seconds))
        return [sys.executable, "-m", paced[0], *told, *paced[1:]]

    def _result(self, command: list[str], request: Request) -> dict[str, float]:
        with on_cores(self.cores):
            ended = subprocess.run(  # noqa: S603 - the command is ours
                command,
                env=_environment(request),
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
        lines = [line for line in ended.stdout.splitlines() if line.startswith("RESULT ")]
        result: dict[str, float] = (
            json.loads(lines[0].removeprefix("RESULT ")) if lines else {"answers": 0}
        )
        if ended.returncode or not result["answers"]:
            raise BenchError(f"{' '.join(command)}: no answers\n{ended.stdout}{ended.stderr}")
        return result

    def _wrk(self, url: str, seconds: float) -> list[str]:
        script = str(Path(__file__).with_name("wrk.lua"))
        return [
            "wrk",
            "-t1",
            f"-c{self.connections}",
            f"-d{round(seconds)}s",
            "--timeout",
            "10s",
            "-s",
            script,
            url,
        ]


def _spent(server: Server) -> tuple[float, ...]:
    """Seconds so far: on the clock, of server, ended loaders, database, and of everything."""
    return (
        time.monotonic(),
        cpu_seconds(server.pid),
        ended_children_seconds(),
        cpu_seconds(server.database_pid) if server.database_pid else 0.0,
        busy_seconds(),
    )


def choose(wanted: str | None) -> str:
    """The loader asked for, else `wrk` where it is installed, else the one in Python."""
    return wanted or ("wrk" if shutil.which("wrk") else "python")


def _environment(request: Request) -> dict[str, str]:
    parts = {
        "LOAD_METHOD": request.method,
        "LOAD_HEADERS": "\n".join(f"{name}: {value}" for name, value in request.headers.items()),
        "LOAD_BODY": request.body,
    }
    if request.fresh:
        parts |= {"LOAD_FRESH": str(request.fresh), "LOAD_FRESH_AT": request.fresh_at}
    if request.far:
        parts["LOAD_FAR"] = "yes"
    return {**os.environ, **parts}
