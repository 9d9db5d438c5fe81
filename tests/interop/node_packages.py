"""Node packages for the tests: exact versions, held to their digests, in an ignored folder.

Owns: installing them once, whatever the number of test processes. Trap: a lock file of npm records
the registry's addresses, so the versions and digests are kept in a list of our own and compared
with what was installed.
"""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).with_name("node")
INSTALL = ("install", "--no-save", "--package-lock=false", "--ignore-scripts", "--no-audit")
SECONDS = 120


def install() -> None:
    """Install what is listed; skips the test where that cannot be done, but fails in CI."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        _cannot("node and npm are not installed")
    with (FOLDER / "node_modules.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _installed() != _listed():
            _install()
    assert _installed() == _listed(), "what npm installed is not what packages.json lists"


def run(program: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Run a program of the folder with JSON in, JSON out; raises AssertionError when it fails."""
    done = subprocess.run(
        ["node", FOLDER / program],  # noqa: S607 - found on the path by `install`
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _install() -> None:
    wanted = [f"{name}@{one['version']}" for name, one in _listed().items()]
    try:
        done = subprocess.run(
            ["npm", *INSTALL, *wanted],  # noqa: S607 - found on the path by `install`
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        failed = done.stderr[-300:] if done.returncode else ""
    except subprocess.TimeoutExpired:
        failed = f"not done in {SECONDS} s"
    if failed:
        _cannot(f"npm could not install: {failed}")


def _listed() -> dict[str, dict[str, str]]:
    listed: dict[str, dict[str, str]] = json.loads((FOLDER / "packages.json").read_text("utf-8"))
    return listed


def _installed() -> dict[str, dict[str, str]]:
    """What npm says it has installed, with the digests that it checked."""
    inside = FOLDER / "node_modules" / ".package-lock.json"
    if not inside.exists():
        return {}
    packages = json.loads(inside.read_text("utf-8"))["packages"]
    return {
        path.removeprefix("node_modules/"): {k: one[k] for k in ("version", "integrity")}
        for path, one in packages.items()
    }


def _cannot(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
