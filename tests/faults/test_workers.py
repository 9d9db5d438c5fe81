"""Workers that die, drain and are replaced, seen from outside; and none that is left behind."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartService
from tests.faults import figure, rounds
from tests.faults.load import GRANT
from tests.people import TOKEN, Credential, add_credential, add_person
from tests.raw import receive
from tests.service import HOST, Service

BACK_SECONDS = 2
DRAIN_SECONDS = 10
CONNECTIONS = 6


def wait_for(service: Service, text: str, times: int, seconds: float = 30) -> float:
    """Wait until the log has a text so often; how long it took. Raises AssertionError."""
    begun = time.monotonic()
    while service.log.count(text) < times:
        assert time.monotonic() - begun < seconds, f"{text} x {times}\n{service.log}"
        time.sleep(0.01)
    return time.monotonic() - begun


def half_sent(service: Service, app: Credential) -> tuple[socket.socket, bytes]:
    """A connection on which a request has arrived but for its end; and that end."""
    form = f"grant_type=client_credentials&client_id={app.client_id}&client_secret="
    body = (form + app.client_secret).encode()
    head = (
        f"POST {TOKEN} HTTP/1.1\r\nHost: {HOST}:{service.port}\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    connection = socket.create_connection((HOST, service.port), 30)
    connection.sendall(head.encode() + body[:20])
    time.sleep(0.2)
    return connection, body[20:]


def test_a_dead_worker_is_back(start_service: StartService) -> None:
    service = start_service(workers=2)
    wait_for(service, "worker serves", 2)
    longest = 0.0
    for number in range(rounds(3, 50)):
        os.kill(min(service.worker_pids), signal.SIGKILL)
        longest = max(longest, wait_for(service, "worker serves", 3 + number))
        assert service.log.count("worker died") == number + 1
        assert httpx.get(service.url + "/healthz", timeout=30).status_code == 200
    figure(f"a killed worker serves again within {longest:.2f} s")
    assert longest < BACK_SECONDS


@pytest.mark.parametrize("count", [1, 2])
def test_sigterm_finishes_what_is_in_flight(start_service: StartService, count: int) -> None:
    service = start_service(workers=count)
    app = add_credential(service, add_person(service))
    idle = httpx.Client(base_url=service.url, timeout=30)
    idle.get("/healthz")
    connection, rest = half_sent(service, app)
    ending = threading.Thread(target=service.stop)
    begun = time.monotonic()
    ending.start()
    time.sleep(1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, service.port), 5)
    with closing(connection):
        connection.sendall(rest)
        answer = receive(connection)
    ending.join()
    seconds = time.monotonic() - begun
    idle.close()
    assert (answer.status, answer.header("Connection")) == (200, "close")
    figure(f"{count} worker(s) drained and ended within {seconds:.1f} s")
    assert seconds < DRAIN_SECONDS
    assert "draining" in service.log


def health(http: httpx.Client) -> tuple[int, dict[str, object], int]:
    """What `/readyz` and `/healthz` say."""
    ready = http.get("/readyz")
    said: dict[str, object] = ready.json()
    return ready.status_code, said, http.get("/healthz").status_code


DRAINING = {"status": "draining", "detail": "the service ends here", "reasons": ["draining"]}


@pytest.mark.parametrize("count", [1, 2])
def test_load_balancer_hears_before_the_port_closes(
    start_service: StartService, count: int
) -> None:
    service = start_service({"drain_seconds": "300"}, workers=count)
    app = add_credential(service, add_person(service))
    if count > 1:
        wait_for(service, "worker serves", count)
        os.kill(service.pid, signal.SIGHUP)  # ends workers too, but not the service
        wait_for(service, "worker ended", count)
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as http:
        assert health(http) == (200, {"status": "ok"}, 200)
        os.kill(service.pid, signal.SIGTERM)
        wait_for(service, "not ready any more", count)
        auth = (app.client_id, app.client_secret)
        for _ in range(8):  # on connections that are new, so of either worker
            with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as other:
                assert health(other) == (503, DRAINING, 200)
                assert other.post(TOKEN, data=GRANT, auth=auth).status_code == 200
        assert health(http) == (503, DRAINING, 200)
        os.kill(service.pid, signal.SIGINT)  # who cannot wait
        wait_for(service, "draining", count)
    assert service.stop() == 0


def test_wait_for_the_load_balancer_ends_by_itself(start_service: StartService) -> None:
    service = start_service({"drain_seconds": "0.5"}, workers=2)
    wait_for(service, "worker serves", 2)
    assert service.stop() == 0
    assert service.log.count("not ready any more") == 2
    assert "hangs" not in service.log


def test_a_request_that_never_ends_holds_nothing_up(start_service: StartService) -> None:
    service = start_service(workers=2)
    app = add_credential(service, add_person(service))
    connection, _ = half_sent(service, app)
    begun = time.monotonic()
    assert service.stop() == 0
    connection.close()
    assert time.monotonic() - begun < DRAIN_SECONDS + 1


class Loader:
    """Threads that ask for tokens on connections of their own, some kept and some new each time."""

    def __init__(self, service: Service, app: Credential) -> None:
        """Begin."""
        self.statuses: Counter[str] = Counter()
        self._service, self._app, self._end = service, app, threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=[number % 2 == 0])
            for number in range(CONNECTIONS)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> Counter[str]:
        """End; how often which status came."""
        self._end.set()
        for thread in self._threads:
            thread.join()
        return self.statuses

    def _work(self, keep: bool) -> None:  # noqa: FBT001 - a thread's argument
        http = httpx.Client(base_url=self._service.url, trust_env=False, timeout=30)
        auth = (self._app.client_id, self._app.client_secret)
        while not self._end.is_set():
            try:
                said = str(http.post(TOKEN, data=GRANT, auth=auth).status_code)
            except httpx.TransportError as error:
                said = repr(error)
            self.statuses[said] += 1
            if not keep:
                http.close()
                http = httpx.Client(base_url=self._service.url, trust_env=False, timeout=30)
        http.close()


@pytest.mark.timeout(900)
def test_sighup_replaces_the_workers_and_no_request_fails(start_service: StartService) -> None:
    service = start_service(workers=2)
    app = add_credential(service, add_person(service))
    loader, wanted, replaced = Loader(service, app), rounds(1_000, 20_000), 0
    while loader.statuses.total() < wanted or replaced < 2:
        before = service.worker_pids
        os.kill(service.pid, signal.SIGHUP)
        replaced += 1
        wait_for(service, "worker ended", 2 * replaced)
        assert len(service.worker_pids - before) == 2
    statuses = loader.end()
    failed = statuses.total() - statuses["200"]
    figure(f"both workers replaced {replaced} times: {failed} of {statuses.total():,} failed")
    assert set(statuses) == {"200"}


def test_one_worker_goes_on_at_sighup(start_service: StartService) -> None:
    service = start_service(workers=1)
    os.kill(service.pid, signal.SIGHUP)
    wait_for(service, "nothing to replace", 1)
    assert httpx.get(service.url + "/healthz", timeout=30).status_code == 200


def test_no_worker_outlives_its_supervisor(start_service: StartService) -> None:
    service = start_service(workers=2)
    wait_for(service, "worker serves", 2)
    left = service.worker_pids
    assert len(left) == 2
    os.kill(service.pid, signal.SIGKILL)
    wait_for(service, "its supervisor is gone", 2)
    until = time.monotonic() + DRAIN_SECONDS
    while any(Path(f"/proc/{pid}").exists() for pid in left):
        assert time.monotonic() < until, "workers are left"
        time.sleep(0.05)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, service.port), 5)
    service.kill9()
    service.start()
