"""Which clause of which standard is shown by which test: a plugin that writes a page of it.

A test carries `@pytest.mark.clause("RFC 6749 section 5.2")`; a row of a table carries the same
mark. `pytest --collect-only --write-conformance` writes the page. Trap: only a whole collection
gives a whole page, so the page is compared by a test that collects everything anew
(`tests/test_conformance.py`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable

import pytest

PAGE = "docs/conformance.md"

INTRODUCTION = """\
# Conformance

Generated from the tests' clause marks (`pytest --collect-only --write-conformance`); do not edit.
Every test named here sends requests to a real server process and holds the answers to the clause.
"""

Clauses = dict[str, dict[str, set[str]]]
"""Clause → test file → names of its tests; one that runs on two databases counts once."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--write-conformance` and where to."""
    group = parser.getgroup("conformance")
    group.addoption("--write-conformance", action="store_true", help="write the page of clauses")
    group.addoption("--conformance-page", default=PAGE, metavar="FILE", help=f"default: {PAGE}")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, which `--strict-markers` asks for."""
    config.addinivalue_line(
        "markers", "clause(reference): the clause of a standard that this test shows"
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Gather the marks of what was collected, and write the page if asked to."""
    if not session.config.getoption("--write-conformance"):
        return
    clauses: Clauses = defaultdict(lambda: defaultdict(set))
    tests = session.config.rootpath / "tests"
    for item in session.items:
        file = item.path.relative_to(tests).as_posix()
        for mark in item.iter_markers("clause"):
            clauses[mark.args[0]][file].add(_on_any_database(item.name))
    target = session.config.rootpath / str(session.config.getoption("--conformance-page"))
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(clauses), "utf-8")


def page(clauses: Clauses) -> str:
    """The page: one table a standard, one line a clause."""
    standards: dict[str, list[str]] = defaultdict(list)
    for clause in sorted(clauses, key=_natural):
        standards[_standard(clause)].append(clause)
    count = sum(len(names) for files in clauses.values() for names in files.values())
    parts = [INTRODUCTION, f"{count} tests, {len(clauses)} clauses, {len(standards)} standards.\n"]
    for standard, of_it in standards.items():
        rows = (_line(clause, clauses[clause]) for clause in of_it)
        parts.append(
            "\n".join(
                (f"## {standard}\n", "| section | tests | shown by |", "|---|--:|---|", *rows, "")
            )
        )
    return "\n".join(parts)


def _line(clause: str, files: dict[str, set[str]]) -> str:
    section = clause.removeprefix(_standard(clause)).removeprefix(" section ").strip()
    shown = "; ".join(f"`{file}`: {_names(files[file])}" for file in sorted(files))
    return f"| {section or '(whole)'} | {sum(map(len, files.values()))} | {shown} |"


def _standard(clause: str) -> str:
    return re.split(r" section | appendix ", clause)[0]


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(map(_short, names))).replace("|", "\\|")


def _on_any_database(name: str) -> str:
    return re.sub(r"(?<=[\[-])(sqlite|postgresql)(-|(?=\]))", "", name).replace("[]", "")


def _short(name: str) -> str:
    """A row goes by its id, a plain test by its name in words."""
    row = re.search(r"\[(.*)\]$", name)
    return row[1] if row else name.removeprefix("test_").replace("_", " ")


def _natural(clause: str) -> list[tuple[int, str]]:
    """RFC 6749 before RFC 10070, section 5.2 before section 5.10."""
    return [
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", clause)
    ]
