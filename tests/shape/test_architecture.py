"""The page of the architecture says what is there: the rooms that the contract has, the steps."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NOT_A_ROOM = {"__main__"}


def names(line: str) -> set[str]:
    """The rooms on a line of either."""
    return {*re.findall(r"\w+", line)} - NOT_A_ROOM


def test_rooms_are_those_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (layers,) = (
        one["layers"] for one in contracts["contracts"] if one.get("containers") == ["tokenhouse"]
    )
    there = [names(re.sub(r"\(\w+\)", _if_there, layer)) for layer in layers]
    drawn = PAGE.split("## The rooms")[1].split("```")[1].strip("\n").splitlines()
    shown = [names(re.split(r"\s{2,}", line)[0]) for line in drawn if not line.startswith(" ")]
    assert shown == there


def _if_there(optional: re.Match[str]) -> str:
    room = optional[0].strip("()")
    folder = ROOT / "src" / "tokenhouse" / room
    return room if folder.exists() or folder.with_suffix(".py").exists() else ""


def test_steps_are_those_of_the_token_endpoint() -> None:
    module = ast.parse((ROOT / "src/tokenhouse/endpoints/token.py").read_text("utf-8"))
    (token,) = (
        one for one in module.body if isinstance(one, ast.AsyncFunctionDef) and one.name == "token"
    )
    steps: list[str] = []
    for statement in token.body:
        if isinstance(statement, ast.Assign):
            value = statement.value
            call = value.value if isinstance(value, ast.Await) else value
            assert isinstance(call, ast.Call)
            called = call.func
            steps.append(called.attr if isinstance(called, ast.Attribute) else ast.unparse(called))
    assert (
        re.findall(r"^\| `(\w+)` \|", PAGE.split("## The path of")[1], re.MULTILINE)[: len(steps)]
        == steps
    )
