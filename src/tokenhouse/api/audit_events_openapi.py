"""How the OpenAPI document words the operation of `/api/v1/audit-events`."""

from __future__ import annotations

from typing import Any

from tokenhouse.api.answers import NOT_A_PERSON, refused

Json = dict[str, Any]
_LINK: Json = {
    "description": 'Where there are more than `limit`: the next page, `rel="next"` (RFC 8288).',
    "schema": {"type": "string"},
    "example": '</api/v1/audit-events?limit=100&before=7201>; rel="next"',
}
LIST: Json = {
    "operation_id": "list_audit_events",
    "summary": "List what was done to you and yours",
    "response_description": "Newest first",
    "responses": {
        200: {"headers": {"Link": _LINK}},
        403: refused(403, also=NOT_A_PERSON),
    },
}
