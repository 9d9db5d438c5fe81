"""The lock files hold exact releases with their hashes, and no address of where they came from.

Trap: a lock that lags behind pyproject.toml installs, and then fails far from its cause.
"""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.shape.tree import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>[^\s;\\]+)(?: ; [^\\]+)?(?: --hash=sha256:[0-9a-f]{64})+$"
)


def requirements(lock: Path) -> list[str]:
    """Each requirement of the lock as one line, comments left out."""
    lines = (line for line in lock.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [
        " ".join(one.split())
        for one in "\n".join(lines).replace("\\\n", " ").splitlines()
        if one.strip()
    ]


def pins(lock: Path) -> set[tuple[str, str]]:
    """Name and version of everything locked; a name may have several, by markers."""
    return {
        (pin["name"], pin["version"]) for one in requirements(lock) if (pin := PINNED.match(one))
    }


def asked(*groups: str) -> list[Requirement]:
    """What pyproject.toml asks for: the package's own dependencies and these groups'."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = [
        one
        for group in groups
        for one in project["dependency-groups"][group]
        if isinstance(one, str)
    ]
    return [Requirement(one) for one in [*project["project"]["dependencies"], *listed]]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_an_exact_release_with_its_hashes(lock: Path) -> None:
    assert [one for one in requirements(lock) if not PINNED.match(one)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_names_an_address_or_a_path(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert re.findall(r"^\s*-(?!-hash=).*|.*://.*|(?<!\S)/\S+", text, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("lock", "groups"),
    [("run.txt", ["build"]), ("dev.txt", ["build", "test", "interop", "lint"])],
)
def test_the_lock_answers_what_the_project_asks_for(lock: str, groups: list[str]) -> None:
    held = pins(ROOT / "requirements" / lock)
    unanswered = [
        str(one)
        for one in asked(*groups)
        if not any(
            name == canonicalize_name(one.name) and version in one.specifier
            for name, version in held
        )
    ]
    assert unanswered == [], "run `make lock`"


def test_the_sdk_is_tested_with_what_it_asks_for() -> None:
    project = tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    held = pins(ROOT / "requirements" / "dev.txt")
    for one in map(Requirement, [*project["dependencies"], *extras]):
        assert any(name == one.name and version in one.specifier for name, version in held), one


def test_the_service_is_tested_with_the_releases_that_it_runs_with() -> None:
    run, dev = (pins(ROOT / "requirements" / lock) for lock in ("run.txt", "dev.txt"))
    assert run
    assert run - dev == set()
