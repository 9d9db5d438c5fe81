"""OpenAPI path items of the documents."""

from __future__ import annotations

from typing import Any

from tokenhouse.api.assets import MEDIA_TYPES, PATH

Json = dict[str, Any]


def _header(description: str) -> Json:
    return {"description": description, "required": True, "schema": {"type": "string"}}


_HEADERS: Json = {
    "Cache-Control": _header("How long it may be kept."),
    "ETag": _header("Changes with the content; send it in If-None-Match."),
}
_KNOWN: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of what you have (RFC 9110 section 13.1.2).",
    "schema": {"type": "string"},
}
_NAME: Json = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"enum": sorted(MEDIA_TYPES)},
    "example": "favicon.png",
}


def _item(name: str, summary: str, content: Json, *parameters: Json) -> Json:
    """Describe a document that is only read."""
    headers_too_large = {"431": {"$ref": "#/components/responses/HeadersTooLarge"}}
    not_found = {"404": {"$ref": "#/components/responses/NotFound"}} if parameters else {}
    operation = {
        "tags": ["Documents"],
        "operationId": f"get_{name}",
        "summary": summary,
        "parameters": [*parameters, _KNOWN],
        "responses": {
            "200": {"description": "The document", "headers": _HEADERS, "content": content},
            "304": {"description": "You have it already", "headers": _HEADERS},
            **not_found,
            **headers_too_large,
        },
    }
    return {"get": operation}


_HTML: Json = {"text/html": {"schema": {"type": "string"}}}
_OPENAPI: Json = {
    "application/json": {
        "schema": {"type": "object", "required": ["openapi", "info", "paths"]},
        "example": {"openapi": "3.1.1", "info": {"title": "Tokenhouse"}, "paths": {}},
    }
}
_FILES: Json = {media_type: {} for media_type in sorted(set(MEDIA_TYPES.values()))}
DOCUMENTS: Json = {
    "/openapi.json": _item("openapi", "This document", _OPENAPI),
    "/docs": _item("docs", "This document, to try out", _HTML),
    "/redoc": _item("redoc", "This document, to read", _HTML),
    PATH + "{name}": _item("asset", "A file that the two pages need", _FILES, _NAME),
}
