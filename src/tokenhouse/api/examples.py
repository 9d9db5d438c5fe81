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
    "scopes": None,
    "created_by": f"user:{USER_ID}",
    "last_used_at": "2026-01-16T02:00:04.25Z",
    "last_used_from": "192.0.2.17",
    "jwks": None,
}
JWKS: Json = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",  # RFC 7515 appendix A.3
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "kid": "2026-01",
            "use": "sig",
            "alg": "ES256",
        }
    ]
}
_SECRET_ID = "6f8f4a1e-2f6c-4a53-9a0e-0d4c8f1f5b77"  # noqa: S105 - an id
_SECRET = "ths_example-only-the-real-one-is-shown-once-at-its-creation-0000"  # noqa: S105 - an example, with a wrong checksum
_WEBHOOK: Json = {
    "id": "9b2f4a51-3c1d-4d0a-9e58-7d6c5b4a3f2e",
    "url": "https://localhost:8443/tokenhouse",
    "events": ["secret.leaked", "user"],
    "created_at": "2026-11-28T09:00:00Z",
}
EXAMPLES: Json = {
    "Credential": _CREDENTIAL,
    "CredentialWithSecret": {**_CREDENTIAL, "client_secret": _SECRET},
    "NewSecret": {
        "secret_id": _SECRET_ID,
        "client_secret": _SECRET,
        "label": "spring",
        "created_at": "2026-03-01T09:30:00Z",
        "expires_at": None,
    },
    "Secret": {
        "secret_id": _SECRET_ID,
        "label": "winter",
        "hint": "x7Qa",
        "created_at": "2026-01-15T09:30:00Z",
        "expires_at": "2026-03-02T09:30:00Z",
        "last_used_at": "2026-03-01T02:00:04.25Z",
        "last_used_from": "192.0.2.17",
        "safe_to_delete": True,
    },
    "ClientKeys": JWKS,
    "TokenCounts": {
        "hours": [{"begins_at": "2026-01-16T02:00:00Z", "tokens": 4}],
        "days": [{"begins_at": "2026-01-16T00:00:00Z", "tokens": 96}],
    },
    "User": {
        "id": USER_ID,
        "email": "you@example.com",
        "is_active": True,
        "is_superuser": False,
        "is_verified": True,
    },
    "SigningKey": {
        "kid": "1ZrP3bqYJ0mWkJxyoXo2mP0O0r0dYzQm7Wm3kXb1u0c",
        "alg": "ES256",
        "use": "next",
        "created_at": "2026-11-23T10:00:00Z",
        "signs_from": "2026-11-23T10:10:00Z",
        "signs_until": "2026-12-23T10:10:00Z",
    },
    "AuditEvent": {
        "id": 7301,
        "at": "2026-01-15T09:30:00Z",
        "actor": f"user:{USER_ID}",
        "action": "credential.created",
        "target": f"credential:{CLIENT_ID}",
        "outcome": "done",
        "source": "192.0.2.17",
        "request_id": "5f0c1b7e-42",
        "user_id": USER_ID,
        "details": {},
    },
    "Verdict": {
        "token_hash": "2tH4RLEcAGrx0bGW2zE8+6Sj9TQnqIxHXcKNq9pFHwE=",
        "token_type": "tokenhouse_client_secret",
        "label": "true_positive",
    },
    "Webhook": _WEBHOOK,
    "NewWebhook": {**_WEBHOOK, "secret": "whsec_shown-once-at-its-creation"},
    "Delivery": {
        "id": "1c0a6a5e-9a0b-4a52-8f7a-0b8b5c3d2e1f",
        "webhook_id": _WEBHOOK["id"],
        "type": "secret.leaked",
        "state": "pending",
        "created_at": "2026-11-28T09:30:00Z",
        "attempts": 2,
        "next_attempt_at": "2026-11-28T09:31:15Z",
        "error": "answered 503",
    },
    "Scope": {
        "name": "tiles:read",
        "description": "Read map tiles.",
        "created_at": "2026-01-15T09:30:00Z",
    },
}
