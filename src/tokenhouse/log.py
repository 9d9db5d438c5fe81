"""Structured logging: one JSON object a line, or a readable form on a terminal.

Nothing here knows a secret: callers pass names and reasons. Control characters are escaped,
a line is at most 2 KiB.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = logging.getLogger("tokenhouse")
_MOST_OCTETS = 2048
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in record.__dict__.items() if name not in _OWN}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)[-_MOST_OCTETS // 2 :]
        text = json.dumps(line, default=str)
        if len(text) > _MOST_OCTETS:
            line = {name: str(value)[:200] for name, value in line.items()}
            text = json.dumps(line)[:_MOST_OCTETS]
        return text


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        text = f"{_time(record)} {record.levelname:7} {record.getMessage()} {fields}".rstrip()
        if record.exc_info:
            text += " " + repr(record.exc_info[1])
        return text.encode("unicode_escape").decode()[:_MOST_OCTETS]


def set_up(form: str, level: str) -> None:
    """Send all logging to standard error.

    Args:
        form: `auto`, `text` or `json`.
        level: least level that is logged.

    """
    readable = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(_Text() if readable else _Json())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
