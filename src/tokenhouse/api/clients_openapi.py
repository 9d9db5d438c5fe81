"""How the OpenAPI document words the operations of `/api/v1/clients`."""

from __future__ import annotations

from typing import Any

from tokenhouse.api.answers import NOT_A_MANAGER, refused
from tokenhouse.api.examples import CLIENT_ID

Json = dict[str, Any]
_LOCATION: Json = {
    "description": "Path of the new app credentials.",
    "required": True,
    "schema": {"type": "string", "format": "uri-reference"},
    "example": f"/api/v1/clients/{CLIENT_ID}",
}
_LINK: Json = {
    "description": 'Where there are more than `limit`: the next page, `rel="next"` (RFC 8288).',
    "schema": {"type": "string"},
    "example": '</api/v1/clients?limit=1&after=WzE3NjgsIjNmNmMiXQ>; rel="next"',
}
_ONLY_MANAGERS: dict[int, Json] = {403: refused(403, also=NOT_A_MANAGER)}

CREATE: Json = {
    "operation_id": "create_app_credentials",
    "summary": "Create app credentials",
    "response_description": "The new app credentials, with the secret, once",
    "responses": {
        201: {"headers": {"Location": _LOCATION}},
        403: refused(403, "owner_id must be your own id or left out", also=NOT_A_MANAGER),
        404: refused(404, "Not Found"),
    },
}
LIST: Json = {
    "operation_id": "list_app_credentials",
    "summary": "List your app credentials",
    "response_description": "Oldest first, never with a secret",
    "responses": {200: {"headers": {"Link": _LINK}}, **_ONLY_MANAGERS},
}
SHOW: Json = {
    "operation_id": "show_app_credentials",
    "summary": "Show app credentials",
    "response_description": "The app credentials, without the secret",
    "responses": _ONLY_MANAGERS,
}
CHANGE: Json = {
    "operation_id": "change_app_credentials",
    "summary": "Change app credentials",
    "response_description": "The app credentials as they are now",
    "responses": {
        403: refused(
            403,
            "only an administrator may change may_introspect",
            "detaching a credential takes a token of a person",
            also=NOT_A_MANAGER,
        ),
    },
}
DELETE: Json = {
    "operation_id": "delete_app_credentials",
    "summary": "Delete app credentials",
    "response_description": "Deleted, with every token they got",
    "responses": _ONLY_MANAGERS,
}
