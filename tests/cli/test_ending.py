"""How commands end when they are interrupted, or nobody reads what they print."""

import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.cli.damage import DATABASE
from tests.cli.process import LISTENS, SECONDS, environment, first_line, serving, words
from tests.service import Service

FULL = Path("/dev/full")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_ends_the_server_with_status_0(
    installation: Service, number: signal.Signals, workers: int
) -> None:
    with serving(installation.home, "--workers", str(workers)) as process:
        url = first_line(process).removeprefix(LISTENS).rstrip()
        assert httpx.get(f"{url}/healthz", timeout=SECONDS).status_code == 200
        process.send_signal(number)
        _, said = process.communicate(timeout=SECONDS)
    assert (process.returncode, "Traceback" in said) == (0, False)
    assert not (installation.data_dir / f"{DATABASE}-wal").exists()


@pytest.mark.parametrize("args", [("--help",), ("user", "list"), ("doctor",), ("key", "list")])
def test_a_pipe_that_nobody_reads_is_no_traceback(
    installation: Service, args: tuple[str, ...]
) -> None:
    where = () if args == ("--help",) else ("--data-dir", str(installation.data_dir))
    with subprocess.Popen(
        words(*args, *where),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(SECONDS) == 1


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_output_is_one_line(installation: Service) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            words("user", "list", "--data-dir", str(installation.data_dir)),
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "tokenhouse: No space left on device: while writing the output\n"


def test_an_interrupt_while_it_loads_is_no_traceback(installation: Service) -> None:
    for hundredths in range(5, 60, 10):
        with subprocess.Popen(
            words("user", "list", "--data-dir", str(installation.data_dir)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
        ) as process:
            try:
                process.wait(hundredths / 100)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            said = process.stderr.read()
        assert "tokenhouse/" not in said, said
