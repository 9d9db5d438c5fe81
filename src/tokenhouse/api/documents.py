"""`/openapi.json`, `/docs`, `/redoc`: what the service says of itself to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenhouse.context import Context


def documents(context: Context) -> dict[str, Any]:
    """Return the doors of the documents, by path."""
    del context
    return {}
