"""How the OpenAPI document words the operations on the secrets of app credentials."""

from __future__ import annotations

from typing import Any

from tokenhouse.api.answers import NOT_A_MANAGER, refused
from tokenhouse.manage.own import LAST_MEANS

Json = dict[str, Any]
_ONLY_MANAGERS: dict[int, Json] = {403: refused(403, also=NOT_A_MANAGER)}

ROTATE: Json = {
    "operation_id": "rotate_secret",
    "summary": "Make a new secret",
    "response_description": "The new secret, once; those before it end after the overlap",
    "responses": {
        **_ONLY_MANAGERS,
        409: refused(
            409,
            "there are 2 live secrets already, of 2 at most; delete one, or let them end at once "
            "(old_secret_expires_in: 0)",
        ),
    },
}
LIST: Json = {
    "operation_id": "list_secrets",
    "summary": "List the live secrets",
    "response_description": "Oldest first, each with when it was last used",
    "responses": _ONLY_MANAGERS,
}
REMOVE: Json = {
    "operation_id": "delete_secret",
    "summary": "Delete a secret",
    "response_description": "Deleted; it is refused from now on, on every worker",
    "responses": {**_ONLY_MANAGERS, 409: refused(409, LAST_MEANS)},
}
