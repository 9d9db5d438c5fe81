"""An endpoint whose steps have spans; it stands in the place of the plain one where traces are on.

A step is whatever function the endpoint calls by its name: it is the same code, run with names that
lead to the same functions in a span each. So the endpoint's own text says nothing of spans, and
pays nothing for them elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from types import FunctionType
from typing import TYPE_CHECKING, Any

from tokenhouse.grants import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenhouse.context import Context
    from tokenhouse.endpoints.endpoint import Endpoint
    from tokenhouse.grants.grant import Grant
    from tokenhouse.oauth.asked import Asked
    from tokenhouse.oauth.client import AuthenticatedClient
    from tokenhouse.tracing import Tracing


def traced(endpoint: Endpoint, tracing: Tracing) -> Endpoint:
    """Return the endpoint with a span round each of its steps."""
    handle = endpoint.handle
    if not isinstance(handle, FunctionType):
        return endpoint
    names = handle.__globals__
    steps = {
        name: tracing.step(name, _with_approval(names[name], tracing))
        for name in handle.__code__.co_names
        if isinstance(names.get(name), FunctionType)
    }
    with_spans = FunctionType(
        handle.__code__, {**names, **steps}, handle.__name__, closure=handle.__closure__
    )
    return replace(endpoint, handle=with_spans)


def _with_approval(step: Callable[..., Any], tracing: Tracing) -> Callable[..., Any]:
    """Have `approve` be a step too: what chooses the grant gives one that has a span."""
    if step is not choose:
        return step

    def chosen(context: Context, asked: Asked, client: AuthenticatedClient) -> Grant:
        grant = choose(context, asked, client)
        return replace(grant, approve=tracing.step("approve", grant.approve))

    return chosen
