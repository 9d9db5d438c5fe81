"""Every room says what it owns, and everything public says what it does."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shape.tree import PACKAGE, name, python_files

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, Definition]]:
    """The public functions, classes and methods of a body, named by where they stand."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield within + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{within}{node.name}.")


def documented_elsewhere(node: Definition, lines: list[str]) -> bool:
    """Whether another overload, the getter or (as its noqa tells) the base class says it."""
    marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
    return bool(marks & {"overload", "setter"}) or "noqa: D102 - " in lines[node.lineno - 1]


def undocumented(source: str) -> list[str]:
    """What is public in this module and says nothing."""
    module, lines = ast.parse(source), source.splitlines()
    silent = [
        where
        for where, node in public(module.body)
        if not ast.get_docstring(node) and not documented_elsewhere(node, lines)
    ]
    return silent if ast.get_docstring(module) else ["the module", *silent]


def test_everything_public_says_what_it_does() -> None:
    silent = {
        name(file): undocumented(file.read_text("utf-8")) for file in python_files("src", "sdk/src")
    }
    assert {file: names for file, names in silent.items() if names} == {}


@pytest.mark.parametrize(
    "room", sorted(PACKAGE.rglob("__init__.py")), ids=lambda room: room.parent.name
)
def test_every_room_says_what_it_owns(room: Path) -> None:
    said = ast.get_docstring(ast.parse(room.read_text("utf-8"))) or ""
    assert len(said.split()) >= 5, f"{name(room)} says only {said!r}"


def test_the_package_ships_its_types() -> None:
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize(
    ("body", "silent"),
    [
        ("def f() -> None: ...", ["f"]),
        ("async def f() -> None: ...", ["f"]),
        ("class C:\n    def m(self) -> None: ...", ["C", "C.m"]),
        ("def _f() -> None: ...", []),
        ("def f() -> None:\n    'Do it.'", []),
        (
            "class C:\n    'A thing.'\n    def m(self) -> None: ...  # noqa: D102 - its base says",
            [],
        ),
    ],
)
def test_what_is_public_and_silent_is_found(body: str, silent: list[str]) -> None:
    assert undocumented(f'"""A module."""\n{body}\n') == silent
    assert undocumented(body) == ["the module", *silent]
