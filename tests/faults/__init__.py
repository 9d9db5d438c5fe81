"""What breaks, broken on purpose: each test prints its figure (`make faults`: the long form)."""

import os

LONG = bool(os.environ.get("LONG"))


def rounds(short: int, long: int) -> int:
    """How often to do it: `short` in `make test`, `long` in `make faults`."""
    return long if LONG else short


def figure(text: str) -> None:
    """Print a figure that a bar speaks of; seen with `pytest -s`, as `make faults` does."""
    print(f"\n  {text}")  # noqa: T201 - because a figure is for the eye
