"""Files stay small, say by their name what they own, and explain every rule they switch off."""

import io
import re
import tokenize

import pytest

from tests.shape.tree import PROGRAMS, name, python_files

LONGEST = 300
EMPTY_NAMES = {"helper", "helpers", "util", "utils"}
SWITCHED_OFF = re.compile(
    r"#\s*(?:ruff:\s*)?(?:noqa|type:\s*ignore|pyright:|mypy:|pragma:\s*no|fmt:\s*(?:off|skip))(.*)"
)
REASON = re.compile(r"(?:^|\s)- \S+ \S+")


def unexplained(source: str) -> list[str]:
    """The comments that switch a check off without " - " and a reason after it."""
    comments = (
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    )
    found = ((comment, SWITCHED_OFF.search(comment)) for comment in comments)
    return [comment for comment, off in found if off and not REASON.search(off[1])]


def test_there_are_files_to_look_at() -> None:
    assert len(python_files("src")) > 20
    assert len(python_files("tests")) > 10


def test_no_file_is_longer_than_300_lines() -> None:
    sizes = {
        name(file): len(file.read_text("utf-8").splitlines()) for file in python_files(*PROGRAMS)
    }
    assert {file: lines for file, lines in sizes.items() if lines > LONGEST} == {}


def test_no_module_is_named_after_nothing() -> None:
    files = (file.relative_to(file.anchor).with_suffix("") for file in python_files(*PROGRAMS))
    assert [file for file in files if EMPTY_NAMES & set(file.parts)] == []


def test_every_ignored_rule_has_its_reason() -> None:
    found = {name(file): unexplained(file.read_text("utf-8")) for file in python_files(*PROGRAMS)}
    assert {file: comments for file, comments in found.items() if comments} == {}


@pytest.mark.parametrize(
    ("line", "explained"),
    [
        ("x = 1  # noqa", False),
        ("x = 1  # noqa: S105", False),
        ("x = 1  # noqa: S105 - ", False),
        ("x = 1  # noqa: S105 - because", False),
        ("x = 1  # noqa: S105 - a path", True),
        ("x = 1  # type: ignore[assignment]", False),
        ("x = 1  # type: ignore[assignment]  # - a row has no types", True),
        ("x = 1  # pyright: ignore[reportPrivateUsage]", False),
        ("x = 1  # pragma: no cover", False),
        ("# ruff: noqa: S105", False),
        ("x = '# noqa'", True),
        ("x = 1  # a comment", True),
    ],
)
def test_an_ignore_comment_needs_a_reason(line: str, *, explained: bool) -> None:
    assert (unexplained(line + "\n") == []) is explained
