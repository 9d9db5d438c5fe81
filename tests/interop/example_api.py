"""The example API as a process of its own, as its readers would run it."""

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.service import HOST, ServiceFailedError, free_port

PROGRAM = Path(__file__).parents[2] / "examples" / "resource_api.py"
START_SECONDS = 20
STOP_SECONDS = 10


@contextmanager
def example_api(log_file: Path, program: Path = PROGRAM, **environment: str) -> Generator[str]:
    """Run it with `environment`, ISSUER at least; gives its address, raises ServiceFailedError."""
    port = free_port()
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(program)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | environment | {"PORT": str(port)},
        )
    try:
        _wait_until_answering(f"http://{HOST}:{port}/", process, log_file)
        yield f"http://{HOST}:{port}/"
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
    said = log_file.read_text("utf-8", "replace")
    if "Traceback (most recent call last)" in said:
        raise ServiceFailedError(f"the example API logged a traceback\n{said}")


def _wait_until_answering(url: str, process: subprocess.Popen[bytes], log_file: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url, timeout=2, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    said = log_file.read_text("utf-8", "replace")
    raise ServiceFailedError(f"the example API did not come up\n{said}")
