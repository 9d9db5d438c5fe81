"""A real Chromium that can reach nothing but this machine.

Trap: the browser asks its own parts of the network (updates, fonts) as well, so that names other
than the service's resolve to nothing at all. Two Playwrights cannot run at once in one process, so
each module starts its own.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAM = shutil.which("chromium") or "/usr/bin/chromium"
ONLY_HERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
NEEDS_CHROMIUM = pytest.mark.skipif(
    not Path(PROGRAM).exists() and not os.environ.get("CI"),
    reason="needs Chromium: apt-get install chromium",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for the tests of a module."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=PROGRAM, headless=True, args=["--no-sandbox", ONLY_HERE]
        )
        yield running
        running.close()
