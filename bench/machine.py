"""This machine: whose turn it is, which cores serve and which load, what a process costs.

Linux only (/proc, core affinity). Trap: a child inherits the affinity of the thread that starts it,
so servers and loaders are started inside `on_cores`; moving them afterwards would miss threads they
have already made.
"""

import datetime as dt
import fcntl
import importlib.metadata
import os
import platform
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
QUIET = 0.1  # cores that others may use: of what they do to a figure nothing is seen
SETTLE_SECONDS, LOOK_SECONDS = 10.0, 0.2
PACKAGES = (
    "tokenhouse",
    "uvicorn",
    "uvloop",
    "httptools",
    "starlette",
    "sqlalchemy",
    "pysqlite3",
    "cryptography",
    "joserfc",
)


@dataclass(frozen=True)
class Cores:
    """Who runs where; `apart` when server and load share no core."""

    server: frozenset[int]
    load: frozenset[int]

    @property
    def apart(self) -> bool:
        """Whether the load takes nothing from the server."""
        return not self.server & self.load


def share_out(workers: int) -> Cores:
    """One core a worker, the rest for the load; all for both where that leaves none."""
    cores = sorted(os.sched_getaffinity(0))
    if workers < len(cores):
        return Cores(frozenset(cores[:workers]), frozenset(cores[workers:]))
    return Cores(frozenset(cores), frozenset(cores))


@contextmanager
def on_cores(cores: frozenset[int]) -> Generator[None]:
    """Run, and start children, on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def turn() -> Generator[None]:
    """Hold the lock by which all measuring on this machine takes turns (`$BENCH_LOCK`)."""
    path = Path(os.environ.get("BENCH_LOCK") or Path(tempfile.gettempdir(), "bench.lock"))
    with path.open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(
                f"another benchmark is running ({path} is locked); waiting for it to end\n"
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def tree(root: int) -> list[int]:
    """The process and all its descendants."""
    found = [root]
    for pid in found:  # grows while it is read
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):
                found += map(int, task.read_text("ascii").split())
    return found


def cpu_seconds(root: int) -> float:
    """Processor time that a process and its descendants have used, user and system."""
    return sum(map(_cpu_seconds, tree(root)))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def ended_children_seconds() -> float:
    """Processor time of the children that have ended and been waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def busy_seconds() -> float:
    """Processor time of all processes on all cores since the machine started."""
    fields = Path("/proc/stat").read_text("ascii").partition("\n")[0].split()
    return sum(map(int, fields[1:4])) / TICKS  # user, nice, system


def settle() -> bool:
    """Wait until the machine has nothing else to do, some seconds at the most; whether it has."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        busy, begun = busy_seconds(), time.monotonic()
        time.sleep(LOOK_SECONDS)
        if (busy_seconds() - busy) / (time.monotonic() - begun) <= QUIET:
            return True
    return False


def connections(root: int, port: int) -> list[int]:
    """How many connections to a port each process of the tree holds that holds any."""
    lines = (line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:])
    here = f":{port:04X}"
    open_ = {f"socket:[{one[9]}]" for one in lines if one[1].endswith(here) and one[3] == "01"}
    held = (sum(link in open_ for link in _links(pid)) for pid in tree(root))
    return sorted(filter(None, held), reverse=True)


def _links(pid: int) -> Generator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(descriptor.readlink())


def memory_mb(root: int) -> dict[str, float]:
    """Resident memory, now and at its peak, of the largest process of the tree, in 10^6 bytes."""
    return max(map(_memory_mb, tree(root)), key=lambda memory: memory["rss"])


def _memory_mb(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    values = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return {
        name: int(values[key].split()[0]) * 1024 / 1e6
        for name, key in (("rss", "VmRSS"), ("peak", "VmHWM"))
    }


def file_system(folder: Path) -> str:
    """The type of the file system that holds a folder; on `tmpfs` a commit waits for no disk."""
    mounts = (line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines())
    return max((len(at), kind) for at, kind in mounts if folder.resolve().is_relative_to(at))[1]


def describe() -> dict[str, str]:
    """What was measured on: date, cores, processor, versions."""
    models = (
        line.partition(": ")[2]
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        if "model name" in line
    )
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "cores": str(os.cpu_count()),
        "processor": next(models, platform.machine()),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **dict(_versions()),
    }


def _versions() -> Generator[tuple[str, str]]:
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            yield package, importlib.metadata.version(package)
    yield "sqlite of the commit ceiling", sqlite3.sqlite_version
