"""Examples of what the management API answers, by the name of the model.

Trap: the framework leaves null members out of examples that a route gives itself.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
USER_ID = "0d9de280-8ca8-4d82-980a-6749928467fb"
CLIENT_ID = "3f6c2b1e-8a4d-4c57-9d0e-5b7a1c2d3e4f"
_CREDENTIAL: Json = {
    "user_id": USER_ID,
    "client_id": CLIENT_ID,
    "name": "nightly import",
    "description": "",
    "created_at": "2026-01-15T09:30:00Z",
    "expires_at": None,
    "disabled": False,
    "auth_methods": None,
    "parent_id": None,
    "may_introspect": False,
}
_SECRET = "ths_example-only-the-real-one-is-shown-once-at-its-creation-0000"  # noqa: S105 - an example, with a wrong checksum
EXAMPLES: Json = {
    "Credential": _CREDENTIAL,
    "CredentialWithSecret": {**_CREDENTIAL, "client_secret": _SECRET},
    "User": {
        "id": USER_ID,
        "email": "you@example.com",
        "is_active": True,
        "is_superuser": False,
        "is_verified": True,
    },
    "Scope": {
        "name": "tiles:read",
        "description": "Read map tiles.",
        "created_at": "2026-01-15T09:30:00Z",
    },
}
