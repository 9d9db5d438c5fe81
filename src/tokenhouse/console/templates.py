"""The templates: every value is escaped, and one that is missing is an error, not an empty text."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tokenhouse.console.browsers import browser
from tokenhouse.console.files import address

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def when(seconds: float) -> str:
    """Write unix seconds for people, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%-d %b %Y, %H:%M UTC")


def day_or_hour(seconds: float, span: int) -> str:
    """Write when a day began, or an hour, in UTC."""
    text = "%-d %b" if span == _DAY else "%H:%M"
    return datetime.fromtimestamp(seconds, UTC).strftime(text)


def machine(seconds: float) -> str:
    """Write unix seconds as RFC 3339, for the element `time`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def last_day(end: float | None) -> str:
    """Write the last whole day before an end, for a date field; empty where there is no end."""
    return "" if end is None else datetime.fromtimestamp(end - 1, UTC).strftime("%Y-%m-%d")


def span(seconds: float) -> str:
    """Write a length of time in its largest unit."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            number = int(seconds // unit)
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "less than a minute"


def data_url(text: str) -> str:
    """Write a text as an address that a link can download, without a request."""
    return "data:text/plain;charset=utf-8;base64," + base64.b64encode(text.encode()).decode()


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: tuple[Any, ...] = (when, day_or_hour, machine, last_day, span, data_url, browser)
    made.filters.update({one.__name__: one for one in filters})
    of_all: dict[str, Any] = {"file": address}
    made.globals.update(of_all)
    return made


TEMPLATES = _environment()
