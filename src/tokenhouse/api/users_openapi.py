"""How the OpenAPI document words the operations of `/api/v1/users/me`."""

from __future__ import annotations

from typing import Any

from tokenhouse.api.answers import NOT_A_PERSON, TWO_TOKENS, refused, slowed_down

Json = dict[str, Any]
NEW_PASSWORD: Json = {
    "current_password": "as you typed it",
    "new_password": "as you will type it",
}
ME: Json = {
    "operation_id": "show_me",
    "summary": "Show who you are",
    "response_description": "The person whose token it is, or whose program's",
}
PASSWORD: Json = {
    "operation_id": "change_my_password",
    "summary": "Change your password",
    "response_description": "Changed; the tokens that the old one got have ended",
    "responses": {
        400: refused(400, "The current password is wrong.", also=TWO_TOKENS),
        403: refused(403, also=NOT_A_PERSON),
        429: slowed_down(),
    },
}
