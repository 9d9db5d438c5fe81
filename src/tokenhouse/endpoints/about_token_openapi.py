"""OpenAPI path items of revocation, introspection, the feed and the resource's metadata."""

from __future__ import annotations

from typing import Any

from tokenhouse.endpoints.documents_openapi import (
    ALWAYS,
    BUSY,
    FIVE_MINUTES,
    NO_STORE,
    WITH_BODY,
    answer,
    ref,
    refusals,
)
from tokenhouse.endpoints.dpop_openapi import NONCE
from tokenhouse.endpoints.token_openapi import BY_CLIENT
from tokenhouse.oauth.dpop import ALGORITHMS
from tokenhouse.oauth.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    UnsupportedMediaType,
)

Json = dict[str, Any]
_WHO = (
    "Who asks is a client, by any of its authentication methods, or a person, by "
    "`Authorization: Bearer`, or `DPoP` with its proof, with a token that was got by password."
)
_PARAMETERS: list[Json] = [ref("parameters", "DPoPWithToken")]
_FORM: Json = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["token"],
                "properties": {
                    "token": {"type": "string", "description": "An access token."},
                    "token_type_hint": {"type": "string", "description": "Not needed."},
                    **BY_CLIENT,
                },
            },
            "example": {"token": "eyJhbGciOiJFUzI1NiJ9.eyJleGFtcGxlIjp0cnVlfQ.c2lnbmF0dXJl"},
        }
    },
}
_MISSING = InvalidRequest("The parameter token is missing.")
_SECURITY: list[Json] = [{"client_secret_basic": []}, {"bearer": []}, {"dpop": []}, {}]
_NOBODY: Json = refusals(InvalidClient())["401"]
_REFUSED: Json = {
    "401": {**_NOBODY, "headers": {**_NOBODY["headers"], **NONCE}},
    **refusals(UnsupportedMediaType()),
    **WITH_BODY,
    **ALWAYS,
    **BUSY,
}
_CLAIMS: Json = {
    "iss": {"type": "string", "format": "uri"},
    "sub": {"type": "string", "description": "The user, or the client for itself."},
    "aud": {"type": ["string", "array"], "items": {"type": "string"}},
    "client_id": {"type": "string"},
    "user_id": {"type": "string", "format": "uuid", "description": "The owner."},
    "iat": {"type": "integer"},
    "exp": {"type": "integer"},
    "jti": {"type": "string"},
    "scope": {"type": "string"},
    "cnf": {
        "type": "object",
        "description": "The key that it is bound to (RFC 9449 section 6.1).",
        "required": ["jkt"],
        "properties": {"jkt": {"type": "string", "description": "Its thumbprint (RFC 7638)."}},
    },
}

REVOCATION: Json = {
    "post": {
        "tags": ["Access tokens"],
        "summary": "Revoke an access token",
        "description": f"RFC 7009. A token that is not good anyway is answered alike. {_WHO}",
        "parameters": _PARAMETERS,
        "security": _SECURITY,
        "requestBody": _FORM,
        "responses": {
            "200": answer("It is not good any more", {"type": "object"}, NO_STORE, example={}),
            **refusals(
                _MISSING,
                InvalidGrant("The token was issued to another client; it stays good."),
            ),
            **_REFUSED,
        },
    }
}
INTROSPECTION: Json = {
    "post": {
        "tags": ["Access tokens"],
        "summary": "Is this token good now?",
        "description": (
            "RFC 7662. A credential sees the tokens of its owner, one that an administrator "
            f"allows it sees every token; all others learn only `active: false`. {_WHO}"
        ),
        "parameters": _PARAMETERS,
        "security": _SECURITY,
        "requestBody": _FORM,
        "responses": {
            "200": answer(
                "What the token is",
                {
                    "type": "object",
                    "required": ["active"],
                    "properties": {
                        "active": {"type": "boolean"},
                        "token_type": {"enum": ["bearer", "DPoP"]},
                        **_CLAIMS,
                    },
                },
                NO_STORE,
                examples={"inactive": {"value": {"active": False}}},
            ),
            **refusals(_MISSING),
            **_REFUSED,
        },
    }
}
_FEED_HEADERS: Json = {
    "Cache-Control": {"description": "How long it may be kept.", "schema": {"type": "string"}},
    "ETag": {"description": "Changes with the content.", "schema": {"type": "string"}},
}
REVOCATIONS: Json = {
    "get": {
        "tags": ["Discovery"],
        "summary": "What has ended early",
        "description": "For those who verify offline: a JWT, signed like an access token.",
        "parameters": [{"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}],
        "responses": {
            "200": {
                "description": "The signed list",
                "headers": _FEED_HEADERS,
                "content": {"application/revocations+jwt": {"schema": {"type": "string"}}},
            },
            "304": {"description": "You have it already", "headers": _FEED_HEADERS},
            **ALWAYS,
            **BUSY,
        },
    }
}
_RESOURCE: Json = {
    "resource": {"type": "string", "format": "uri"},
    "resource_name": {"type": "string"},
    "authorization_servers": {"type": "array", "items": {"type": "string", "format": "uri"}},
    "bearer_methods_supported": {"type": "array", "items": {"const": "header"}},
    "dpop_signing_alg_values_supported": {
        "type": "array",
        "items": {"enum": [*ALGORITHMS]},
        "description": "JWS algorithms of DPoP proofs.",
    },
    "resource_documentation": {"type": "string", "format": "uri"},
}
_ONLY_BOUND: Json = {
    "dpop_bound_access_tokens_required": {
        "const": True,
        "description": "Every token is bound to a key; absent where not.",
    }
}
PROTECTED_RESOURCE: Json = {
    "get": {
        "tags": ["Discovery"],
        "summary": "Resource metadata",
        "description": "Which tokens the management API takes, and how to send one (RFC 9728).",
        "responses": {
            "200": answer(
                "The metadata of the management API",
                {
                    "type": "object",
                    "required": list(_RESOURCE),
                    "properties": {**_RESOURCE, **_ONLY_BOUND},
                },
                FIVE_MINUTES,
                example={
                    "resource": "https://tokens.example",
                    "resource_name": "Tokenhouse management API",
                    "authorization_servers": ["https://tokens.example"],
                    "bearer_methods_supported": ["header"],
                    "dpop_signing_alg_values_supported": [*ALGORITHMS],
                    "resource_documentation": "https://tokens.example/docs",
                },
            ),
            **ALWAYS,
        },
    }
}
