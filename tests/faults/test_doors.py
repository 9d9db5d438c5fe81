"""New connections: how they fall on several workers, and that none waits for one that hangs."""

import os
import signal
import socket
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartService
from tests.faults.test_workers import wait_for
from tests.service import HOST, Service

MANY = 60  # fewer than a quarter of them at one of two: once in twenty thousand runs
ACCEPTED_SECONDS = 8  # before one that says nothing is closed


def sockets_of(pid: int) -> int:
    """How many sockets a process has open, those it listens on included."""
    files = Path(f"/proc/{pid}/fd").iterdir()
    return sum(str(file.readlink()).startswith("socket:") for file in files if file.is_symlink())


def connect(service: Service, stack: ExitStack) -> None:
    """Open a connection, and see that it is served."""
    http = stack.enter_context(httpx.Client(base_url=service.url, trust_env=False, timeout=20))
    assert http.get("/healthz").status_code == 200


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is one door")
def test_connections_that_stay_fall_on_all_workers(start_service: StartService) -> None:
    service = start_service(workers=2)
    wait_for(service, "worker serves", 2)
    before = {pid: sockets_of(pid) for pid in service.worker_pids}

    def fallen() -> list[int]:
        return [sockets_of(pid) - count for pid, count in before.items()]

    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(socket.create_connection((HOST, service.port), 5))
        until = time.monotonic() + ACCEPTED_SECONDS
        while sum(fallen()) < MANY:
            assert time.monotonic() < until, fallen()
            time.sleep(0.01)
        assert min(fallen()) >= MANY // 4


def test_nobody_waits_for_a_worker_that_hangs(start_service: StartService) -> None:
    service = start_service(workers=2)
    wait_for(service, "worker serves", 2)
    hung = min(service.worker_pids)
    os.kill(hung, signal.SIGSTOP)
    try:
        with ExitStack() as stack:
            for _ in range(MANY // 2):
                connect(service, stack)
    finally:
        os.kill(hung, signal.SIGCONT)


def test_second_service_on_the_port_is_refused(start_service: StartService, tmp_path: Path) -> None:
    first = start_service(workers=2)
    second = Service(tmp_path / "second", 2, port=first.port)
    second.home.mkdir()
    done = second.cli("serve", "--host", HOST, "--port", str(first.port), "--workers", "2")
    assert done.returncode != 0
    assert "Address already in use" in done.stderr
    with socket.create_connection((HOST, first.port), 5):
        pass
