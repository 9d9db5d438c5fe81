"""What faults leave behind: no secret in a database, a write-ahead log, a log, or a process.

The trap: what is written down because something broke, by whoever happens to write it: a worker
that is killed, PostgreSQL that recovers and logs the statement at hand.
"""

import os
import signal
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests import canary
from tests.postgresql import PostgreSQL
from tests.service import Service
from tests.test_at_rest import use_everything
from tokenhouse.crypto.secrets import make_client_secret


@pytest.fixture
def broken(database: str) -> Iterator[PostgreSQL | None]:
    """A PostgreSQL of this test's own, which logs all it can; None on SQLite."""
    if database == "sqlite":
        yield None
        return
    server = PostgreSQL({"log_min_error_statement": "debug1", "log_statement": "all"}).create()
    yield server
    server.close()


def test_faults_leave_no_secret_behind(tmp_path: Path, broken: PostgreSQL | None) -> None:
    url = broken.new_database() if broken else None
    service = Service(tmp_path / "home", 2, {"log_level": "debug"}, url, by_words=True)
    secrets: set[str] = set()
    with service:
        for fault in (kill_a_worker, None):
            _, shown = use_everything(service)
            secrets |= set(shown.values())
            if fault is not None:
                fault(service)
            if fault is not None and broken is not None:
                broken.kill9()
                broken.start()
                until(lambda: are_ready(service))
        for pid in {service.pid, *service.worker_pids}:
            for what in ("cmdline", "environ"):
                (tmp_path / f"{what}-{pid}").write_bytes(Path(f"/proc/{pid}/{what}").read_bytes())
        service.kill9()
        service.start()
    if broken is not None:
        broken.stop()
    found = canary.look(tmp_path, secrets)
    if broken is not None:
        found |= canary.look(broken.folder, secrets)
        broken.start()
    assert found == set()


def kill_a_worker(service: Service) -> None:
    """End one as the kernel would, and wait until another has its place."""
    before = service.worker_pids
    os.kill(min(before), signal.SIGKILL)
    until(lambda: bool(service.worker_pids - before))


def are_ready(service: Service) -> bool:
    """Tell whether its workers are, each asked several times: the kernel deals out who answers."""
    return all(httpx.get(f"{service.url}/readyz", trust_env=False).is_success for _ in range(16))


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds; not for ever."""
    last = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.05)


@pytest.mark.parametrize("encode", [bytes, bytes.hex, b64encode])
def test_the_search_finds_what_lies_there(
    tmp_path: Path, encode: Callable[[bytes], bytes | str]
) -> None:
    secret = make_client_secret()
    written = encode(b"before " + secret.encode() + b" after")
    octets = written if isinstance(written, bytes) else written.encode()
    (tmp_path / "log").write_bytes(b"\0binary\n" + octets)
    assert canary.look(tmp_path, {secret})
    assert not canary.look(tmp_path, {make_client_secret()})
