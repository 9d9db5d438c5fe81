"""Spans for what is asked many at a time: one for each who asks, and one for the batch they share.

The batch belongs to the trace of the first of them and is linked with those of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from opentelemetry.trace import Link, Status, StatusCode, get_current_span, set_span_in_context

from tokenhouse.metrics.families import SECOND

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from typing import Any

    from opentelemetry.trace import Span

    from tokenhouse.tracing.spans import Spans

    Asked = Sequence[tuple[Any, asyncio.Future[Any]]]

K = TypeVar("K")
V = TypeVar("V")
K_contra = TypeVar("K_contra", contravariant=True)
_SIZE = "tokenhouse.batch.size"


class Batches(Protocol[K_contra, V]):
    """What is traced: `store.batcher.Batcher`, which this room cannot know."""

    def ask(self, key: K_contra, /) -> asyncio.Future[V]: ...  # noqa: D102 - the class says

    def watch(self, tell: Callable[[Asked, int, bool], None], /) -> None: ...  # noqa: D102 - likewise, the class says


class TracedBatches(Generic[K, V]):
    """In the place of a batcher: the same answers."""

    def __init__(self, inner: Batches[K, V], name: str, spans: Spans) -> None:
        """Stand before `inner`."""
        self._inner, self._name, self._make = inner, name, spans
        self._spans: dict[asyncio.Future[V], Span] = {}
        inner.watch(self._tell)

    def ask(self, key: K) -> asyncio.Future[V]:
        """Return what will be the answer to `key`."""
        future = self._inner.ask(key)
        if get_current_span().is_recording():
            self._spans[future] = self._make.tracer.start_span(f"ask {self._name}")
            future.add_done_callback(self._answered)
        return future

    def _answered(self, future: asyncio.Future[V]) -> None:
        self._spans.pop(future).end()

    def _tell(self, asked: Asked, took: int, failed: bool) -> None:  # noqa: FBT001 - because its caller has three facts
        spans = [span for _, future in asked if (span := self._spans.get(future))]
        if not spans:
            return
        first, *others = spans
        end = int(self._make.clock() * SECOND)
        batch = self._make.tracer.start_span(
            f"batch {self._name}",
            set_span_in_context(first),
            links=[Link(span.get_span_context()) for span in others],
            attributes={_SIZE: len(asked)},
            start_time=end - took,
        )
        if failed:
            batch.set_status(Status(StatusCode.ERROR))
        batch.end(end)
        for span in spans:
            span.set_attribute(_SIZE, len(asked))
        for span in others:
            span.add_link(batch.get_span_context())
