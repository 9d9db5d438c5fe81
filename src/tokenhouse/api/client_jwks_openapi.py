"""How the OpenAPI document words the operations on the keys of app credentials."""

from __future__ import annotations

from typing import Any

from tokenhouse.api.answers import NOT_A_MANAGER, refused
from tokenhouse.manage.own import LAST_MEANS

Json = dict[str, Any]
_ONLY_MANAGERS: dict[int, Json] = {403: refused(403, also=NOT_A_MANAGER)}

REPLACE: Json = {
    "operation_id": "replace_keys",
    "summary": "Register public keys",
    "response_description": "The keys that are kept; in force now, on every worker",
    "responses": {**_ONLY_MANAGERS, 409: refused(409, LAST_MEANS)},
}
SHOW: Json = {
    "operation_id": "show_keys",
    "summary": "Show the public keys",
    "response_description": "The keys that are kept; an empty list where there are none",
    "responses": _ONLY_MANAGERS,
}
REMOVE: Json = {
    "operation_id": "remove_keys",
    "summary": "Remove all public keys",
    "response_description": "Removed; what they sign is refused from now on",
    "responses": {**_ONLY_MANAGERS, 409: refused(409, LAST_MEANS)},
}
