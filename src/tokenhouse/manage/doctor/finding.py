"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass

RESTORE = "restore a backup"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong and what to do about it, a line each."""

    problem: str
    fix: str


@dataclass(frozen=True, slots=True)
class Unseen(Finding):
    """What there was no time to look at, and how to; nothing is known to be wrong with it."""


def finding(text: str, fix: str) -> Finding:
    """Make a finding of a refusal, which mostly ends in its own fix after a semicolon."""
    problem, _, own = text.rpartition("; ")
    return Finding(problem, own) if problem else Finding(own, fix)
