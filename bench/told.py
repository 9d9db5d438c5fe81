"""What a command of the bench found, told to who runs it and kept for docs/performance.md.

A JSON file a table in build/bench/told/, with date and command; `bench.page` puts them there.
"""

import datetime as dt
import os
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from bench.bars import Bar
from bench.servers import ROOT

FOLDER = ROOT / "build" / "bench" / "told"
Rows = list[tuple[str, ...]]


@dataclass(frozen=True)
class Told:
    """One table.

    Attributes:
        command: that measured it.
        date: `28 November 2026, 2 cores`.
        rows: the headings first.
        bars: what had to be reached.

    """

    command: str
    rows: Rows
    bars: list[Bar] = field(default_factory=list[Bar])
    date: str = ""

    @property
    def markdown(self) -> str:
        """The table as a page has it, and under it how to repeat it."""
        heading, *body = ["| " + " | ".join(row) + " |" for row in self.rows]
        line = "|---" + "|--:" * (len(self.rows[0]) - 1) + "|"
        return "\n".join((heading, line, *body, "", f"`{self.command}`, {self.date}."))


_JSON = TypeAdapter(Told)


def keep(name: str, told: Told, folder: Path = FOLDER) -> None:
    """Keep a table under its name, with today's date and this machine's cores."""
    today = dt.datetime.now(dt.UTC).date()
    date = f"{today.day} {today:%B %Y}, {os.cpu_count()} cores"
    kept = Told(told.command, told.rows, told.bars, date)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_bytes(_JSON.dump_json(kept, indent=1) + b"\n")


def all_told(folder: Path = FOLDER) -> dict[str, Told]:
    """What is kept, by name."""
    files = sorted(folder.glob("*.json"))
    return {file.stem: _JSON.validate_json(file.read_bytes()) for file in files}
