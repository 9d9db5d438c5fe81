"""One line in the log for each access token: for whom, through what, which one, asked from where.

Kept as they are, and joined by hand and written in batches a moment later, since a logging call
costs a third of a whole token. A process that is killed loses the last tenth of a second of them;
one that is ended writes them all. The token itself is named by a digest of its `jti`, as
everywhere in logs and audit.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import stat
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tokenhouse.log import LOGGER, REQUEST, is_readable

if TYPE_CHECKING:
    from collections.abc import Mapping

FLUSH_SECONDS = 0.1
MOST_A_MINUTE = 100  # tokens for one subject on one worker; one token is good for many calls
_MOST_LINES = 20_000
_PIPE = 4096  # octets that several processes can write to one pipe without mixing (PIPE_BUF)
_FILE = 65536  # to a file they do not mix at all


def digest(jti: str) -> str:
    """Return what a token is called outside."""
    return hashlib.sha256(jti.encode()).hexdigest()[:16]


class TokenLog:
    """Counts the tokens that this worker issues, and writes a line for each."""

    def __init__(self, form: str) -> None:
        """Begin; `form` is the setting `log_format`."""
        self.issued = 0
        self._line = _TEXT if is_readable(form) else _JSON
        self._issued: list[tuple[float, Mapping[str, object], tuple[str, str]]] = []
        self._lost = 0
        self._is_due = False
        self._minute_ends = 0.0
        self._moment, self._stamped = 0, ""
        self._counts: dict[object, int] = {}

    def note(self, now: float, claims: Mapping[str, object]) -> None:
        """Note that a token with these claims was issued at `now`, unix seconds."""
        self.issued += 1
        self._count(now, claims["sub"])
        if not LOGGER.isEnabledFor(logging.INFO):
            return
        if len(self._issued) >= _MOST_LINES:
            self._lost += 1
            return
        self._issued.append((now, claims, REQUEST.get()))
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._start_flush)

    def _text(self, now: float, claims: Mapping[str, object], request: tuple[str, str]) -> str:
        return self._line % (
            self._stamp(now),
            claims["sub"],
            claims["client_id"],
            claims["user_id"],
            claims.get("scope", ""),
            digest(str(claims["jti"])),
            *request,
        )

    def _stamp(self, now: float) -> str:
        """Return the time in RFC 3339; each millisecond is worked out once."""
        moment = int(now * 1000)
        if moment != self._moment:
            self._moment = moment
            self._stamped = datetime.fromtimestamp(moment / 1000, UTC).isoformat(
                "T", "milliseconds"
            )
        return self._stamped

    def _count(self, now: float, subject: object) -> None:
        """Tell the operator of a program that fetches a token for every call."""
        if now >= self._minute_ends:
            self._minute_ends = now + 60
            self._counts.clear()
        count = self._counts[subject] = self._counts.get(subject, 0) + 1
        if count == MOST_A_MINUTE:
            more = {"sub": subject, "tokens": count, "seconds": 60}
            LOGGER.warning("tokens are fetched and not kept", extra=more)

    def _start_flush(self) -> None:
        """Write on a thread: whoever reads the log may be slow."""
        if not self._issued:  # the end of the process has written it, and takes no more work
            self._is_due = False
            return
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, self.flush).add_done_callback(self._end_flush)

    def _end_flush(self, _done: object) -> None:
        self._is_due = bool(self._issued)
        if self._is_due:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._start_flush)

    def flush(self) -> None:
        """Write what has gathered."""
        issued, self._issued = self._issued, []
        lost, self._lost = self._lost, 0
        if lost:
            LOGGER.error("lines of issued tokens were lost", extra={"lines": lost})
        if not issued:  # a command may have been started without a standard error
            return
        target = sys.stderr.fileno()
        most = _FILE if stat.S_ISREG(os.fstat(target).st_mode) else _PIPE
        piece: list[str] = []
        octets = 0
        for one in issued:
            line = self._text(*one)
            if octets + len(line) > most:
                os.write(target, "".join(piece).encode())
                piece, octets = [], 0
            piece.append(line)
            octets += len(line)
        if piece:
            os.write(target, "".join(piece).encode())


# Nothing in them needs an escape: identifiers, a checked request id, scope-tokens, an address.
_JSON = (
    '{"time": "%s", "level": "info", "event": "token issued", "sub": "%s", "client_id": "%s", '
    '"user_id": "%s", "scope": "%s", "token": "%s", "source": "%s", "request_id": "%s"}\n'
)
_TEXT = (
    "%s INFO    token issued sub=%s client_id=%s user_id=%s scope=%s token=%s source=%s "
    "request_id=%s\n"
)
