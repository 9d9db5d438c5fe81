"""Put what was measured into docs/performance.md: tables between their marks, and the plots.

    python -m bench.page

A table NAME stands between `<!-- NAME -->` and `<!-- end -->`; what was not measured here stays as
it is.
"""

import re
import shutil
from collections.abc import Iterable

from bench import plots, results, told
from bench.bars import Bar
from bench.servers import ROOT
from bench.tables import all_tables

PAGE = ROOT / "docs" / "performance.md"
PICTURES = PAGE.with_suffix("")
MARKED = re.compile(
    r"(?<=<!-- )(?!end )(?P<name>[\w-]+)(?P<mark> -->\n).*?(?=<!-- end -->)", re.DOTALL
)
BARS = "bars"


def tables(found: dict[str, told.Told]) -> dict[str, str]:
    """What is to stand in the page, by name."""
    texts = {name: one.markdown for name, one in found.items()}
    bars = [bar for one in found.values() for bar in one.bars]
    return texts | ({BARS: "\n".join(reached(bars))} if bars else {})


def reached(bars: Iterable[Bar]) -> Iterable[str]:
    """Every bar as a row, met or missed."""
    yield "| what | bar | measured | |\n|---|--:|--:|---|"
    for bar in bars:
        bound = "at most" if bar.most else "at least"
        word = "met" if bar.passed else "**missed**"
        yield f"| {bar.name} | {bound} {bar.limit:g} | {bar.figure:.3g} | {word} |"


def filled(page: str, texts: dict[str, str]) -> str:
    """The page with the tables that there are."""

    def fill(found: re.Match[str]) -> str:
        text = texts.get(found["name"])
        return found[0] if text is None else f"{found['name']}{found['mark']}{text}\n"

    return MARKED.sub(fill, page)


def main() -> None:
    """Write the page, and the plots beside it."""
    measured = all_tables(results.load_all(results.FOLDER))
    page = filled(PAGE.read_text("utf-8"), tables(measured | told.all_told()))
    PAGE.write_text(page, "utf-8")
    PICTURES.mkdir(exist_ok=True)
    for name in plots.PLOTS:
        drawn = results.FOLDER / f"{name}.svg"
        if drawn.exists():
            shutil.copy(drawn, PICTURES)


if __name__ == "__main__":
    main()
