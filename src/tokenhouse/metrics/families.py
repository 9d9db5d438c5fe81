"""Every metric that is counted as things happen: name, help, labels, and each value a label has.

The values are all known when the process starts, so that no request can make a new series.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from tokenhouse.oauth.errors import CODES, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNTER, GAUGE, LATEST, HISTOGRAM = "counter", "gauge", "latest", "histogram"
SECOND = 1_000_000_000  # times are kept in nanoseconds
OK, FAILED, REFUSED, THROTTLED = "ok", "failed", "refused", "slow_down"
UNAVAILABLE, HTTP_METHOD = TemporarilyUnavailable.code, "http_method"
OUTCOMES = (OK, *CODES, THROTTLED, FAILED)
# Finer than an outcome, from the private text of a refusal, which all have in common.
REASONS = {
    "assertion used before": "replayed_assertion",
    "used before": "replayed_proof",
    "wrong or unknown client": "wrong_proof",
    "the client or the claims of its assertion are not good now": "not_now",
    "method not allowed by the owner or the settings": "method_not_allowed",
    "a mistyped client_secret": "mistyped_secret",
    "no client authentication": "no_authentication",
    "an authentication scheme that is not known": "no_authentication",
    "malformed": "malformed_assertion",
    "proof": "malformed_proof",
    "no proof": "malformed_proof",
    "several DPoP headers": "malformed_proof",
    "bearer": "bad_token",
}
WIRE = (400, 405, 408, 413, 429, 431)
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_TIMES = tuple(int(bound * SECOND) for bound in _SECONDS)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric.

    Attributes:
        name: without the `tokenhouse_` in front and the suffix that its kind brings.
        text: its help.
        kind: `latest` is a gauge of which the greatest counts, also of a worker that has ended.
        labels: their names.
        series: the values that they can have.
        bounds: of a histogram's buckets.
        unit: so many of what is counted are one of what is shown.
        sparse: whether a series is shown only when it has counted something.

    """

    name: str
    text: str
    kind: str = COUNTER
    labels: Labels = ()
    series: tuple[Labels, ...] = ((),)
    bounds: tuple[int, ...] = ()
    unit: int = 1
    sparse: bool = False

    @property
    def width(self) -> int:
        """How many numbers a series needs: one, or buckets, what is beyond them, and the sum."""
        return len(self.bounds) + 2 if self.bounds else 1


@dataclass(frozen=True, slots=True)
class Known:
    """The names that other rooms have.

    Attributes:
        doors: paths of the protocol's endpoints.
        asking: those of them where clients authenticate; the token endpoint among them.
        token, basic: the two that issue tokens.
        places: everything else that answers.
        grants: grant types.
        methods: client authentication methods.
        jobs: what is done in the background.
        batches: what of the database is asked for many at a time.

    """

    doors: tuple[str, ...]
    asking: tuple[str, ...]
    token: str
    basic: str
    places: tuple[str, ...]
    grants: tuple[str, ...]
    methods: tuple[str, ...]
    jobs: tuple[str, ...]
    batches: tuple[str, ...]

    def requests(self) -> Iterable[Labels]:
        """Each combination that a request can have."""
        methods = (*self.methods, "bearer", "none", "several", "")
        for path in self.doors:
            grants = (*self.grants, "other", "") if path == self.token else ("",)
            grants = ("basic", *grants) if path == self.basic else grants
            yield from product([path], grants, methods if path in self.asking else [""], OUTCOMES)
        yield from product(self.places, [""], [""], (OK, REFUSED, FAILED))


def _of(*values: Iterable[str]) -> tuple[Labels, ...]:
    return tuple(product(*values))


def _time(name: str, text: str, label: str = "", values: Iterable[str] = ()) -> Family:
    series = _of(values) if label else ((),)
    return Family(name, text, HISTOGRAM, (label,) if label else (), series, _TIMES, SECOND)


def families(known: Known) -> tuple[Family, ...]:
    """Return all of them."""
    return (*_of_requests(known), *_of_what_they_need(known.batches), *_of_jobs(known.jobs))


def _of_requests(known: Known) -> Iterable[Family]:
    labels = ("endpoint", "grant", "method", "outcome")
    reasons = sorted({*REASONS.values(), *OUTCOMES[1:], HTTP_METHOD})
    return (
        Family("draining", "Workers that finish what is in flight and end.", GAUGE),
        Family(
            "requests", "Requests answered.", COUNTER, labels, tuple(known.requests()), sparse=True
        ),
        _time(
            "request_seconds",
            "From the arrival of a whole request to its answer.",
            "endpoint",
            (*known.doors, *known.places),
        ),
        Family("refusals", "Requests refused.", COUNTER, ("reason",), _of(reasons)),
        Family(
            "wire_refusals",
            "Requests that went no further than the connection: malformed, too large, too slow.",
            COUNTER,
            ("status",),
            _of(map(str, WIRE)),
        ),
    )


def _of_what_they_need(batches: Labels) -> Iterable[Family]:
    work = ("read", "write")
    return (
        _time("hash_wait_seconds", "Waiting for a turn to hash a password."),
        _time("hash_seconds", "Hashing a password."),
        Family("hash_refusals", "Sign-ins refused because the queue was full."),
        Family(
            "batch_size",
            "Keys that were asked for in one statement.",
            HISTOGRAM,
            ("batch",),
            _of(batches),
            _SIZES,
        ),
        _time("batch_seconds", "One statement for many.", "batch", batches),
        _time("database_seconds", "One transaction, waiting included.", "work", work),
        Family(
            "database_failures",
            "What the database did not answer.",
            COUNTER,
            ("work",),
            _of((*work, "batch")),
        ),
        Family("database_busy", "Transactions under way or waiting.", GAUGE, ("work",), _of(work)),
    )


def _of_jobs(jobs: Labels) -> Iterable[Family]:
    outcomes = (OK, "put_off", FAILED)
    return (
        Family("job_runs", "Background work.", COUNTER, ("job", "outcome"), _of(jobs, outcomes)),
        _time("job_seconds", "Background work.", "job", jobs),
        Family(
            "job_last_success_timestamp_seconds",
            "When it last went well.",
            LATEST,
            ("job",),
            _of(jobs),
            sparse=True,
        ),
    )
