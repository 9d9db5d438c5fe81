"""The part of the OpenAPI document that speaks of the protocol's endpoints.

Computed from those that are on; the whole document is put together by the management API,
whose components (`Where`) it may point to.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tokenhouse.endpoints import documents_openapi, dpop_openapi, token_openapi
from tokenhouse.endpoints.endpoint import metadata_of
from tokenhouse.oauth.errors import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenhouse.endpoints.endpoint import Endpoint
    from tokenhouse.settings import Settings

Json = dict[str, Any]

_OAUTH_ERROR: Json = {
    "type": "object",
    "required": ["error", "error_description", "detail"],
    "description": "A refusal by RFC 6749 section 5.2.",
    "properties": {
        "error": {
            "enum": list(CODES),
            "description": "For programs.",
        },
        "error_description": {"type": "string", "description": "For people."},
        "detail": {
            "description": "The description again; with 422, what is wrong and where.",
            "oneOf": [
                {"type": "string"},
                {"type": "array", "items": documents_openapi.ref("schemas", "Where")},
            ],
        },
    },
}


def _fixed(value: str, description: str) -> Json:
    schema = {"type": "string", "const": value}
    return {"description": description, "required": True, "schema": schema}


_HEADERS: Json = {
    "NoStore": _fixed("no-store", "Nobody may keep this answer."),
    "FiveMinutes": _fixed("max-age=300", "Anybody may keep this answer for five minutes."),
    **dpop_openapi.HEADERS,
}


def _by_the_wire(status: int, text: str) -> Json:
    """Describe a refusal that is given before any endpoint sees the request."""
    example = {"error": "invalid_request", "error_description": text, "detail": text}
    schema = documents_openapi.ref("schemas", "OAuthError")
    headers = documents_openapi.NO_STORE
    return documents_openapi.answer(HTTPStatus(status).phrase, schema, headers, example=example)


_REFUSALS: Json = {
    "TooSlow": _by_the_wire(408, "The request did not arrive whole within 10 seconds."),
    "TooLarge": _by_the_wire(413, "The body is larger than 64 KiB."),
    "HeadersTooLarge": _by_the_wire(431, "The header block with the URL is larger than 16 KiB."),
}


def describe(endpoints: Iterable[Endpoint], settings: Settings) -> Json:
    """Describe these endpoints: `paths`, and the `components` that they point to."""
    on = list(endpoints)
    metadata = metadata_of(on, settings)
    return {
        "paths": {endpoint.path: _named(endpoint) for endpoint in on},
        "components": {
            "schemas": {
                "TokenRequest": token_openapi.request_schema(settings),
                "TokenResponse": token_openapi.response_schema(settings),
                "OAuthError": _OAUTH_ERROR,
                "Metadata": documents_openapi.metadata_schema(metadata),
                "SigningKeys": documents_openapi.JWKS_SCHEMA,
                "Status": documents_openapi.STATUS_SCHEMA,
            },
            "parameters": dpop_openapi.parameters(settings),
            "requestBodies": {"TokenRequest": token_openapi.request_body(settings)},
            "responses": {**_REFUSALS, "TokenRefused": token_openapi.refused(settings)},
            "examples": {
                **token_openapi.response_examples(settings),
                "Metadata": {"value": metadata},
            },
            "headers": _HEADERS,
            "securitySchemes": token_openapi.security_schemes(settings),
        },
    }


def _named(endpoint: Endpoint) -> Json:
    """Name operations that share a path item with others after their own path."""
    last = endpoint.path.rpartition("/")[2].partition(".")[0].replace("-", "_")
    return {
        method: {"operationId": f"{method}_{last}", **operation}
        for method, operation in endpoint.openapi.items()
    }
