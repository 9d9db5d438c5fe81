"""The project's own Python files, as every shape test walks them."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tokenhouse"
PROGRAMS = ("src", "tests", "bench", "examples", "fuzz", "mutation", "sdk")


def python_files(*folders: str) -> list[Path]:
    """All Python files below these folders of the project, of those that exist."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def name(file: Path) -> str:
    """The file as a reader of the failure looks for it."""
    return file.relative_to(ROOT).as_posix()
