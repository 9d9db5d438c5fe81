"""The protocol's doors, one file per endpoint; `ENDPOINTS` is their list.

Routes, the metadata document and the OpenAPI document follow from the list and cannot drift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenhouse.endpoints import (
    basic_token,
    health,
    introspection,
    jwks,
    metadata,
    protected_resource,
    revocation,
    revocations,
    token,
)

if TYPE_CHECKING:
    from tokenhouse.endpoints.endpoint import Endpoint

_DESCRIBED: tuple[Endpoint, ...] = (
    basic_token.ENDPOINT,
    token.ENDPOINT,
    revocation.ENDPOINT,
    introspection.ENDPOINT,
    revocations.ENDPOINT,
    protected_resource.ENDPOINT,
    jwks.ENDPOINT,
    health.HEALTH,
    health.READY,
)
ENDPOINTS = (*_DESCRIBED, *metadata.endpoints_for(_DESCRIBED))
