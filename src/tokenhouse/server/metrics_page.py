"""What `/metrics` says: the counts of all workers added up, and what is looked up when asked.

In Prometheus's text or OpenMetrics, by its own library; the numbers are ours.
"""

from __future__ import annotations

import platform
from contextlib import suppress
from dataclasses import fields
from importlib.metadata import version
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from tokenhouse.app import PLACES
from tokenhouse.background import JOBS
from tokenhouse.client_auth import METHODS
from tokenhouse.context import NOBODY, Hot
from tokenhouse.endpoints import ENDPOINTS, basic_token
from tokenhouse.gate import MOST_WAITING, Busy
from tokenhouse.grants import GRANTS
from tokenhouse.metrics.families import COUNTER, HISTOGRAM, OK, Known, families
from tokenhouse.metrics.tally import Board
from tokenhouse.opening.moving import last_backup
from tokenhouse.settings import TOKEN_PATH
from tokenhouse.store.database import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client import Metric

    from tokenhouse.context import Context
    from tokenhouse.metrics.families import Family, Labels

_IN_FRONT = "tokenhouse_"


def make_board(rows: int) -> Board:
    """Make the memory of the counts for so many workers."""
    paths = tuple(endpoint.path for endpoint in ENDPOINTS)
    known = Known(
        doors=paths,
        asking=tuple(path for path in paths if path.startswith(TOKEN_PATH.rpartition("/")[0])),
        token=TOKEN_PATH,
        basic=basic_token.PATH,
        places=PLACES,
        grants=tuple(grant.name for grant in GRANTS),
        methods=tuple(method.name for method in METHODS),
        jobs=tuple(job.name for job in JOBS),
        batches=tuple(field.name for field in fields(Hot)),
    )
    return Board(families(known), rows)


class MetricsPage(Collector):
    """The page; `collect` is what Prometheus's library calls."""

    def __init__(self, context: Context, board: Board) -> None:
        """Take what is looked up, and what was counted."""
        self._context, self._board = context, board
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        self._database_up = 0

    async def render(self, accept: str) -> tuple[bytes, str]:
        """Return the page and its media type, as the `Accept` header wishes it."""
        try:
            await self._context.hot.owned.ask(NOBODY)
            self._database_up = 1
        except Unavailable:
            self._database_up = 0
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def collect(self) -> Iterator[Metric]:
        """Give one metric after the other."""
        yield InfoMetricFamily(
            _IN_FRONT + "build",
            "What runs here.",
            {
                "version": version("tokenhouse"),
                "python": platform.python_version(),
                "database": self._context.database.engine.dialect.name,
            },
        )
        for name, (text, value) in self._looked_up().items():
            yield GaugeMetricFamily(_IN_FRONT + name, text, value)
        issued = CounterMetricFamily(
            _IN_FRONT + "tokens_issued", "Access tokens issued.", labels=["grant"]
        )
        for family in self._board.families.values():
            found = self._board.read(family)
            yield _metric(family, found)
            if family.name == "requests":
                for grant, number in _issued(found).items():
                    issued.add_metric([grant], number)
        yield issued

    def _looked_up(self) -> dict[str, tuple[str, float]]:
        """Return what is no count: text and value by name."""
        context, settings = self._context, self._context.settings
        now = context.clock()
        found: dict[str, tuple[str, float]] = {
            "workers": ("Worker processes that live.", self._board.workers()),
            "database_up": ("Whether the database answers.", self._database_up),
            "database_connections_limit": (
                "Connections that one worker may hold.",
                context.database.connections,
            ),
            "hash_queue_limit": ("Places in the queue of sign-ins.", MOST_WAITING),
            "signing_keys": ("Public keys at hand.", len(context.keyring.jwks["keys"])),
        }
        since, following = context.keyring.times(now)
        found["signing_key_age_seconds"] = ("Since when the key in use signs.", now - since)
        if settings.key_rotation_seconds:
            left = (following or since + settings.key_rotation_seconds) - now
            found["signing_key_ends_in_seconds"] = ("Until the next key signs.", left)
        found["signing_key_next_published"] = (
            "Whether the next key is published.",
            following is not None,
        )
        for name, text, age in (
            ("master_key_age_seconds", "Since the master key changed.", settings.keys_path),
            ("backup_age_seconds", "Since the last backup.", last_backup(settings)),
        ):
            with suppress(OSError):
                found[name] = (text, now - age.stat().st_mtime)
        with suppress(Busy):
            found["hash_queue"] = ("Sign-ins that wait for a turn.", context.gate.waiting())
        return found


def _issued(requests: Mapping[Labels, list[int]]) -> dict[str, int]:
    """Count the tokens, by grant: they are the requests that a grant was the answer to."""
    issued: dict[str, int] = {}
    for (_, grant, _, outcome), (number,) in requests.items():
        if grant not in {"", "other"} and outcome == OK:
            issued[grant] = issued.get(grant, 0) + number
    return issued


def _metric(family: Family, found: Mapping[Labels, list[int]]) -> Metric:
    name, labels = _IN_FRONT + family.name, family.labels
    shown = {of: n for of, n in found.items() if any(n) or not family.sparse}
    if family.kind == HISTOGRAM:
        return _histogram(HistogramMetricFamily(name, family.text, labels=labels), family, shown)
    make = CounterMetricFamily if family.kind == COUNTER else GaugeMetricFamily
    metric = make(name, family.text, labels=labels)
    for of, (number,) in shown.items():
        metric.add_metric(of, number)
    return metric


def _histogram(
    metric: HistogramMetricFamily, family: Family, shown: Mapping[Labels, list[int]]
) -> Metric:
    names = [*(f"{bound / family.unit:g}" for bound in family.bounds), "+Inf"]
    for of, (*buckets, total) in shown.items():
        counts = [(name, n) for name, n in zip(names, accumulate(buckets), strict=True)]
        metric.add_metric(of, counts, total / family.unit)
    return metric
