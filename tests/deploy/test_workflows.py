"""The workflows parse, run what a developer can run too, and trust nothing that may move."""

import re
from typing import Any

import pytest
import yaml

from tests.shape.tree import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
MAKES = re.compile(r"^\s*make ([a-z-]+)", re.MULTILINE)
BESIDE_MAKE = re.compile(r"set -o pipefail|mkdir -p build/logs|sudo apt-get [^;|`$]*")
PINNED = re.compile(r"^[\w-]+/[\w-]+@[0-9a-f]{40}$")


def steps(name: str) -> list[dict[str, Any]]:
    """Every step of a workflow."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text("utf-8"))
    assert workflow["permissions"] == {}
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def targets(name: str) -> list[str]:
    """The Makefile's targets that a workflow calls."""
    return [target for step in steps(name) for target in MAKES.findall(step.get("run", ""))]


def test_each_workflow_is_looked_at() -> None:
    assert [file.name for file in WORKFLOWS] == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_workflow_runs_targets_that_there_are_and_nothing_else(workflow: Any) -> None:
    assert targets(workflow.name)
    assert set(targets(workflow.name)) - TARGETS == set()
    lines = [line for step in steps(workflow.name) for line in step.get("run", "").splitlines()]
    others = [line for line in lines if not MAKES.match(line) and not BESIDE_MAKE.fullmatch(line)]
    assert others == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit(workflow: Any) -> None:
    used = [step["uses"] for step in steps(workflow.name) if "uses" in step]
    assert used
    assert [one for one in used if not PINNED.match(one)] == []


def test_ci_runs_what_a_developer_runs_and_a_release_what_is_published() -> None:
    assert {"check", "security-lint", "deploy-check"} <= set(targets("ci.yml"))
    assert {"package-smoke", "sbom"} <= set(targets("release.yml"))
