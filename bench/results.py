"""What was measured, kept: a JSON file a setup in build/bench/, for the table and the plots."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bench.measuring import NAMES, Measured
from bench.servers import ROOT
from bench.stage import Setup

FOLDER = ROOT / "build" / "bench"


@dataclass(frozen=True)
class Results:
    """One setup.

    Attributes:
        machine: what it was measured on, how and when.
        starts: seconds from exec to the first 200 of `/healthz`.
        measured: by the workload's name.

    """

    setup: Setup
    machine: dict[str, str]
    starts: list[float]
    measured: dict[str, Measured]


_JSON = TypeAdapter(Results)


def save(results: Results, folder: Path) -> Path:
    """Write a setup's figures; of the workloads that are not among them, those of before stay."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.setup}.json"
    before = _load(path).measured if path.exists() else {}
    together = before | results.measured
    ordered = {name: together[name] for name in NAMES if name in together}
    whole = dataclasses.replace(results, measured=ordered)
    path.write_bytes(_JSON.dump_json(whole, indent=1) + b"\n")
    return path


def load_all(folder: Path) -> list[Results]:
    """Every setup that is kept there, the base first."""
    found = [_load(path) for path in folder.glob("*-*-*.json")]
    return sorted(found, key=lambda one: one.setup.order)


def _load(path: Path) -> Results:
    return _JSON.validate_json(path.read_bytes())
