"""What the service is made of: each direct dependency has its reason, and it can be rebuilt.

Trap: a build that differs from place to place cannot be compared with what was published.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.shape.tree import ROOT

REASONS = ROOT / "docs" / "decisions" / "0040-direct-dependencies.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_direct_dependency_has_its_reason_and_no_other_is_named() -> None:
    listed = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["postgresql"]]
    asked = {Requirement(one).name for one in listed}
    named = set(re.findall(r"^\| `([a-z0-9-]+)`", REASONS.read_text("utf-8"), re.MULTILINE))
    assert named == asked


@pytest.fixture(params=[".", "sdk"])
def packages(request: pytest.FixtureRequest, tmp_path: Path) -> list[dict[str, bytes]]:
    """Wheel and sdist, built from two copies of other names, times and permissions."""
    built: list[dict[str, bytes]] = []
    for name, mask in (("one", 0o022), ("another", 0o077)):
        copy = tmp_path / name
        shutil.copytree(
            ROOT / request.param / "src",
            copy / "src",
            copy_function=shutil.copyfile,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        for file in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / request.param / file, copy / file)
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel"],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": ""},
            umask=mask,
            check=True,
            capture_output=True,
        )
        built.append({one.name: one.read_bytes() for one in (copy / "dist").iterdir()})
    return built


def test_package_is_the_same_wherever_it_is_built(packages: list[dict[str, bytes]]) -> None:
    first, second = packages
    assert {name.rpartition(".")[2] for name in first} == {"gz", "whl"}
    assert first == second


def test_bill_of_materials_lists_what_is_locked() -> None:
    lock = ROOT / "requirements" / "run.txt"
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements"]
    done = subprocess.run(
        [*command, "--output-reproducible", str(lock)], check=True, capture_output=True, text=True
    )
    pinned = set(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE))
    found = set(re.findall(r'"pkg:pypi/([a-z0-9-]+)@([^"?]+)', done.stdout))
    assert {f"{n}=={v}" for n, v in pinned} == {f"{n}=={v}" for n, v in found}
