"""New connections: how they fall on several workers, and that none waits for one that hangs."""

import os
import signal
import socket
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartService
from tests.faults.test_workers import wait_for
from tests.service import HOST, Service

MANY = 60  # fewer than a quarter of them at one of two: once in twenty thousand runs
ACCEPTED_SECONDS = 8  # before one that says nothing is closed
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all have one listener")


def sockets(pid: int) -> list[str]:
    """The sockets that a process has open, each as often as it has it."""
    links = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()]
    return [link for link in links if link.startswith("socket:")]


def own_listener(pid: int) -> str:
    """The listener at which a worker accepts: it has that one several times over."""
    return Counter(sockets(pid)).most_common(1)[0][0]


def served(service: Service, stack: ExitStack) -> int:
    """Open a connection that stays; how its first request is answered."""
    http = stack.enter_context(httpx.Client(base_url=service.url, trust_env=False, timeout=20))
    return http.get("/healthz").status_code


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL], ids=["replaced", "killed"])
def test_each_worker_has_a_listener_of_its_own(start_service: StartService, number: int) -> None:
    service = start_service(workers=2)
    wait_for(service, "worker serves", 2)
    first = {own_listener(pid) for pid in service.worker_pids}
    assert len(first) == 2
    if number == signal.SIGHUP:  # each is replaced
        os.kill(service.pid, number)
        wait_for(service, "worker ended", 2)
    else:
        os.kill(max(service.worker_pids), number)
        wait_for(service, "worker serves", 3)
    assert {own_listener(pid) for pid in service.worker_pids} == first


def test_connections_that_stay_fall_on_all_workers(start_service: StartService) -> None:
    service = start_service(workers=2)
    wait_for(service, "worker serves", 2)
    before = {pid: len(sockets(pid)) for pid in service.worker_pids}

    def fallen() -> list[int]:
        return [len(sockets(pid)) - count for pid, count in before.items()]

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
            assert {served(service, stack) for _ in range(MANY // 2)} == {200}
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
