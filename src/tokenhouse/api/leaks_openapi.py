"""How the OpenAPI document words the operation of `/api/v1/leaks`."""

from __future__ import annotations

from typing import Any

from tokenhouse.api.answers import TWO_TOKENS, refused_bearer
from tokenhouse.oauth.bearer import BearerError, no_token

Json = dict[str, Any]
EXAMPLES: Json = {
    "one": {
        "summary": "One client secret",
        "value": [
            {
                "token": "ths_example-only-the-real-one-is-shown-once-at-its-creation-0000",
                "type": "tokenhouse_client_secret",
                "url": "https://git.example.com/shop/import/blob/main/settings.py",
                "source": "content",
            }
        ],
    }
}
NOT_VALID = "The token or the signature of the report is not valid."
REPORT: Json = {
    "operation_id": "report_leaks",
    "summary": "Report leaked secrets",
    "response_description": "What each entry was, in their order; what was good is revoked",
    "responses": {
        400: refused_bearer(TWO_TOKENS),
        401: refused_bearer(no_token(), BearerError("invalid_token", 401, NOT_VALID)),
    },
}
