"""Structured logging: one JSON object a line, or a readable form on a terminal.

A line is at most 2 KiB, control characters are escaped, and what looks like a secret is not
written whoever passes it: the last line of defence, since callers pass names and reasons.
Libraries are heard from `warning` on: at `debug` some tell all that passes through them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

LOGGER = logging.getLogger("tokenhouse")
# The address that the request at hand came from, and its id.
REQUEST: ContextVar[tuple[str, str]] = ContextVar("request", default=("", ""))
MOST_OCTETS = 2048
_MOST_OF_A_VALUE = 240
_MOST_OF_A_TRACE = 1200
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}
# Client secrets, keys of webhooks, JWTs, and what follows the name of an authentication scheme.
_SECRETS = re.compile(
    r"ths_[\w-]+|whsec_[\w+/=-]+|eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?|(?i:(?:basic|bearer|dpop) \S+)"
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def redacted(text: str) -> str:
    """Return the text without what looks like a secret."""
    return _SECRETS.sub("[redacted]", text)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Gather what a line says beside time, level and event."""
    named = {name: value for name, value in record.__dict__.items() if name not in _OWN}
    named |= dict(zip(("source", "request_id"), REQUEST.get(), strict=True))
    return {
        name: value if isinstance(value, int | float) else _cut(str(value), _MOST_OF_A_VALUE)
        for name, value in named.items()
        if value not in ("", None)
    }


def _cut(text: str, most: int) -> str:
    text = redacted(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def _trace(record: logging.LogRecord, formatter: logging.Formatter) -> str:
    """Return the traceback: its beginning, which says what it is, and its end, which says why."""
    if not record.exc_info:
        return ""
    first, _, rest = redacted(formatter.formatException(record.exc_info)).partition("\n")
    return f"{first}\n{rest[-_MOST_OF_A_TRACE:]}"


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": _cut(record.getMessage(), _MOST_OF_A_VALUE),
        }
        more = _fields(record)
        if trace := _trace(record, self):
            more["exception"] = trace
        for name, value in more.items():  # as many as fit; a cut line would be no JSON
            if len(_encode({**line, name: value})) < MOST_OCTETS:
                line[name] = value
        return _encode(line)


def _encode(line: dict[str, object]) -> str:
    return json.dumps(line).replace("\x7f", "\\u007f")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        event = _cut(record.getMessage(), _MOST_OF_A_VALUE)
        text = f"{_time(record)} {record.levelname:7} {event} {fields}".rstrip()
        if trace := _trace(record, self):
            text += " " + trace
        shown = _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
        return shown.encode()[: MOST_OCTETS - 1].decode(errors="ignore")


def is_readable(form: str) -> bool:
    """Tell whether lines are for people: `text`, or `auto` on a terminal."""
    return form == "text" or (form == "auto" and sys.stderr.isatty())


def set_up(form: str, level: str) -> None:
    """Send all logging to standard error.

    Args:
        form: `auto`, `text` or `json`.
        level: least level that is logged; of libraries at least `warning`.

    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Text() if is_readable(form) else _Json())
    least = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(handlers=[handler], level=max(least, logging.WARNING), force=True)
    LOGGER.setLevel(least)
    logging.getLogger("uvicorn").setLevel(max(least, logging.INFO))
