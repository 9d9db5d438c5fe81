"""The figures as pictures: PNG and SVG.

    python -m bench.plots [FOLDER]

draws anew from the JSON files of `bench.suite`. The SVG holds no date, so that the same figures
are the same file, and its colours follow a reader who prefers dark pages.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib as mpl
from cycler import cycler
from matplotlib import figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from bench.bars import bars
from bench.measuring import LEVELS
from bench.results import FOLDER, Results, load_all
from bench.stage import BASE

# The library types its keyword arguments too loosely for the strict checks.
Axes: TypeAlias = Any
Drawn: TypeAlias = Any
library: Any = mpl
Figure: Any = figure.Figure

COLOURS = ("#3f7fbf", "#c8553d", "#5d9550", "#8f78b8", "#b8860b", "#75828c")  # on light, on dark
INK, PAPER = "#1f2328", "#ffffff"
TOKENS = ("client_secret_basic", "client_secret_jwt", "private_key_jwt", "DPoP", "introspection")
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "tokenhouse",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.alpha": 0.3,
    "legend.frameon": False,
}
DARK = f"""<style>@media (prefers-color-scheme: dark) {{
  #patch_1 path {{ fill: #0d1117 !important; }}
  [style*="fill: {INK}"] {{ fill: #e6edf3 !important; }}
  [style*="stroke: {INK}"] {{ stroke: #e6edf3 !important; }}
}}</style>
"""
Drawing = Callable[[Axes, list[Results]], None]


def ratios(axes: Axes, found: list[Results]) -> None:
    """Each workload against a ceiling of the same minute, and what it has to reach."""
    shown = [one.chief for one in _base(found).measured.values()]
    axes.barh([name for name, _ in shown], [ratio for _, ratio in shown])
    limits = {bar.name: bar.limit for bar in bars(_base(found))}
    for place, (name, ratio) in enumerate(shown):
        limit = limits.get(name, 0.0)
        if limit:
            axes.plot([limit] * 2, [place - 0.45, place + 0.45], color=COLOURS[1], linewidth=2)
        end = max(ratio, limit), place
        axes.annotate(f"{ratio:.2g}", end, (4, 0), textcoords="offset points", va="center")
    axes.plot([], [], color=COLOURS[1], linewidth=2, label="to be reached")
    axes.legend(loc="lower right")
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.set_xlabel("answers a second ÷ what the ceiling gives; 16 connections, one core")


def connections(axes: Axes, found: list[Results]) -> None:
    """How the rate grows with the connections."""
    for name in TOKENS:
        one = _base(found).measured.get(name)
        if one:
            rates = one.by_connections
            axes.plot(list(rates), list(rates.values()), marker="o", label=name)
    axes.set_xscale("log", base=4)
    axes.set_xticks(LEVELS, [str(level) for level in LEVELS])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    _thousands(axes)
    axes.set_xlabel("connections, one request under way on each")
    axes.set_ylabel("answers a second")
    axes.legend()


def latency(axes: Axes, found: list[Results]) -> None:
    """How long an answer takes at half of the peak."""
    base = _base(found).measured.values()
    paced = [(one.name, one.paced) for one in base if one.paced]
    parts = ("p50_ms", "p99_ms", "p999_ms")
    for number, part in enumerate(parts):
        at = [index + (number - 1) * 0.27 for index in range(len(paced))]
        label = {"p50_ms": "p50", "p99_ms": "p99", "p999_ms": "p99.9"}[part]
        axes.bar(at, [getattr(run, part) for _, run in paced], 0.26, label=label)
    axes.set_xticks(range(len(paced)), [name for name, _ in paced], rotation=30, ha="right")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("ms, from when the request was due")
    axes.legend()


def setups(axes: Axes, found: list[Results]) -> None:
    """The same on each store, with more workers and more credentials."""
    names = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
    for number, name in enumerate(names):
        rates = [one.measured[name].rate if name in one.measured else 0 for one in found]
        at = [index + (number - 1) * 0.27 for index in range(len(found))]
        axes.bar(at, rates, 0.26, label=name)
    labels = [one.setup.text.replace(", ", "\n") for one in found]
    axes.set_xticks(range(len(found)), labels)
    _thousands(axes)
    axes.set_ylabel("tokens a second, 16 connections")
    axes.legend()


PLOTS: dict[str, tuple[str, Drawing]] = {
    "ratios": ("How near the ceiling", ratios),
    "connections": ("Rate by connections", connections),
    "latency": ("At half of the peak rate", latency),
    "setups": ("Stores, workers, sizes", setups),
}


def draw(found: list[Results], folder: Path) -> Iterable[Path]:
    """Draw all; the files, as they are written."""
    for name, (title, drawing) in PLOTS.items():
        with library.rc_context(STYLE):
            drawn = Figure((7.5, 4.2), layout="constrained")
            axes = drawn.subplots()
            drawing(axes, found)
            axes.set_title(title, loc="left", weight="bold")
            yield from save(drawn, folder / name)


def save(drawn: Drawn, path: Path) -> Sequence[Path]:
    """Write a figure as PNG and as SVG."""
    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    drawn.savefig(png, dpi=120)
    drawn.savefig(svg, metadata={"Date": None, "Creator": None})
    head, defs, rest = svg.read_text("utf-8").partition(" <defs>\n")
    svg.write_text(head + DARK + defs + rest, "utf-8")
    return png, svg


def _base(found: list[Results]) -> Results:
    return next((one for one in found if one.setup == BASE), found[0])


def _thousands(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    for written in draw(load_all(chosen), chosen):
        print(written)
