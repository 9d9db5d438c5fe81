"""How long to wait before trying again (RFC 9110 section 10.2.3)."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Patience:
    """A policy of waiting.

    Attributes:
        tries: how often a request is sent at most.
        first: seconds before the second try, doubled before each that follows.
        longest: seconds; where the server asks for more, we give up at once.

    """

    tries: int = 4
    first: float = 0.25
    longest: float = 30.0

    def pause(self, answer: httpx.Response | httpx.TransportError, tried: int) -> float | None:
        """Say how long to wait after the answer to try number `tried`; None: it is final.

        The wait is drawn at random, so that many who were refused together do not come back so.
        """
        if tried >= self.tries:
            return None
        grown = min(self.first * 2.0 ** (tried - 1), self.longest)
        jitter = random.uniform(0.5, 1.0) * grown  # noqa: S311 - no secret
        if not isinstance(answer, httpx.Response):
            return jitter
        if answer.status_code not in BUSY:
            return None
        asked = retry_after(answer)
        return None if asked > self.longest else asked + jitter


def retry_after(answer: httpx.Response) -> float:
    """Seconds that an answer asks to wait; 0 where it does not say."""
    value = str(answer.headers.get("Retry-After", "")).strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        then = parsedate_to_datetime(value)
        return max(0.0, (then - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # a date without zone is compared with one that has it
        return 0.0
