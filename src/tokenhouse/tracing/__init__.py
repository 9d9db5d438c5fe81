"""Spans for OpenTelemetry: one for a request, for each of its steps, for each batch it shared.

An extra, loaded where the settings ask for it. The traps: who asks for no traces must pay nothing,
so what makes spans stands round what is traced, put there at the start, and nothing inside knows of
it; and a span leaves the machine, so it carries names that the program has, never what somebody
sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenhouse.tracing.batches import Batches, TracedBatches
from tokenhouse.tracing.requests import TracedRequests
from tokenhouse.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.tracing.requests import Asgi


class Tracing(Spans):
    """What stands round requests, steps and batches."""

    def requests(self, inner: Asgi, place_of: Callable[[str], str]) -> TracedRequests:
        """Return the same application, with a span for each request."""
        return TracedRequests(inner, place_of, self)

    def batches(self, name: str, inner: Batches[Any, Any]) -> TracedBatches[Any, Any]:
        """Return what answers the same, with a span for each question and each batch."""
        return TracedBatches(inner, name, self)
