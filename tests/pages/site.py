"""The folder that the documentation site is built from: every page where its links expect it.

`python -m tests.pages.site FOLDER` copies README and docs as they stand, and writes the reference
that comes from the program itself: the REST interface and the command line.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from tokenhouse.api.openapi import document
from tokenhouse.cli import app
from tokenhouse.endpoints import ENDPOINTS
from tokenhouse.endpoints.openapi import describe
from tokenhouse.opening import open_context
from tokenhouse.settings.loading import load
from tokenhouse_sdk.cli import app as th

ROOT = Path(__file__).parents[2]
TEXTS = (
    "*.md",
    "bench/*.md",
    "deploy/**/*.md",
    "sdk/*.md",
    "docs/**/*",
    "examples/*.py",
    "LICENSE",
)
METHODS = ("get", "post", "put", "patch", "delete")
_TO_FOLDER = re.compile(r"\[([^\]]*)\]\([^):]*/\)")  # a folder is no page of a site


def write(folder: Path) -> None:
    """Fill the folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    for source in (one for text in TEXTS for one in ROOT.glob(text) if one.is_file()):
        target = folder / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(_TO_FOLDER.sub(r"\1", source.read_text("utf-8")), "utf-8")
        else:
            shutil.copy(source, target)
    reference = folder / "docs" / "reference"
    reference.mkdir()
    (reference / "rest.md").write_text("".join(_rest()), "utf-8")
    (reference / "command-line.md").write_text("".join(_commands()), "utf-8")


def _rest() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as home:
        settings = load({"data_dir": Path(home) / "data"}, environ={}).settings
        context = open_context(settings, create=True)
        described: dict[str, Any] = document(context, describe(ENDPOINTS, settings))
        context.close()
    yield "# REST\n\nA running service shows the same at `/docs`, to be tried.\n"
    for path, item in described["paths"].items():
        for method in (one for one in METHODS if one in item):
            yield from _operation(f"{method.upper()} {path}", item[method], described)


def _operation(name: str, operation: dict[str, Any], whole: dict[str, Any]) -> Iterator[str]:
    yield f"\n## `{name}`\n\n**{operation['summary']}.** {operation.get('description', '')}\n"
    parameters = [_followed(one, whole) for one in operation.get("parameters", [])]
    if parameters:
        yield "\n| parameter | in | |\n|---|---|---|\n"
    for one in parameters:
        yield f"| `{one['name']}` | {one['in']} | {_cell(one.get('description', ''))} |\n"
    yield "\n| answer | |\n|---|---|\n"
    for status, answer in operation["responses"].items():
        yield f"| {status} | {_cell(_followed(answer, whole)['description'])} |\n"


def _followed(one: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference into the document."""
    found: Any = one
    while "$ref" in found:
        pointer, found = found["$ref"], whole
        for part in pointer.removeprefix("#/").split("/"):
            found = found[part]
    return dict(found)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _commands() -> Iterator[str]:
    yield "# Command line\n\nWhat `--help` says: `tokenhouse` for operators, `th` for customers.\n"
    for name, typer in (("tokenhouse", app), ("th", th)):
        root: Any = get_command(typer)
        root.name = name
        with root.make_context(name, [], resilient_parsing=True) as context:
            yield from _command(root, context, name)


def _command(command: Any, context: Any, name: str) -> Iterator[str]:
    yield f"\n## `{name}`\n\n```\n{command.get_help(context).strip()}\n```\n"
    for word, inner in getattr(command, "commands", {}).items():
        with inner.make_context(word, [], parent=context, resilient_parsing=True) as own:
            yield from _command(inner, own, f"{name} {word}")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
