"""OpenAPI path items of the documents and health endpoints, and the words all items share.

An item is constant; what depends on the settings stands in components that it points to
(`openapi.describe`). Refusals are described from the very objects that are sent.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tokenhouse.oauth.errors import OAuthError, TemporarilyUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

_HEADERS: dict[str, tuple[str, str, str]] = {
    "www-authenticate": ("WWW-Authenticate", "string", "How to authenticate."),
    "retry-after": ("Retry-After", "integer", "Seconds to wait before trying again."),
    "dpop-nonce": ("DPoP-Nonce", "string", "The `nonce` to send the proof again with."),
}
NO_STORE: Json = {"Cache-Control": {"$ref": "#/components/headers/NoStore"}}
FIVE_MINUTES: Json = {"Cache-Control": {"$ref": "#/components/headers/FiveMinutes"}}


def ref(kind: str, name: str) -> Json:
    """Point to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def answer(description: str, schema: Json, headers: Json, **example: object) -> Json:
    """Describe an answer with a JSON body; `example` or `examples` go beside its schema."""
    content = {"application/json": {"schema": schema, **example}}
    return {"description": description, "headers": headers, "content": content}


def refusals(*errors: OAuthError) -> Json:
    """Describe refusals by status, each with its body as an example and its headers."""
    statuses = dict.fromkeys(error.status for error in errors)
    return {str(status): _refusal(status, errors) for status in statuses}


def _refusal(status: int, errors: Iterable[OAuthError]) -> Json:
    those = [error for error in errors if error.status == status]
    examples = {one.code: {"summary": one.description, "value": one.body} for one in those}
    sent = [dict(error.headers) for error in those]
    shown = {name: value for headers in sent for name, value in headers.items()}
    named = [
        _header(name, value, required=all(name in headers for headers in sent))
        for name, value in shown.items()
    ]
    description, schema = HTTPStatus(status).phrase, ref("schemas", "OAuthError")
    return answer(description, schema, {**NO_STORE, **dict(named)}, examples=examples)


def _header(raw_name: bytes, raw_value: bytes, *, required: bool) -> tuple[str, Json]:
    name, kind, description = _HEADERS[raw_name.decode()]
    text = raw_value.decode()
    example = int(text) if kind == "integer" else text
    schema = {"type": kind}
    return name, {
        "description": description,
        "required": required,
        "schema": schema,
        "example": example,
    }


ALWAYS = {"431": ref("responses", "HeadersTooLarge")}
WITH_BODY = {"408": ref("responses", "TooSlow"), "413": ref("responses", "TooLarge")}
BUSY = refusals(TemporarilyUnavailable())

_METADATA_MEMBERS = {  # by how the name ends
    "issuer": "The issuer identifier; `iss` of every access token.",
    "jwks_uri": "Where the public signing keys are.",
    "revocations_uri": "Where those who verify offline learn what has ended early.",
    "service_documentation": "A page for people.",
    "_auth_methods_supported": "Client authentication methods of that endpoint.",
    "_auth_signing_alg_values_supported": "JWS algorithms of client assertions there.",
    "_endpoint": "Where it is.",
    "grant_types_supported": "Grant types that are on.",
    "response_types_supported": "Empty: there is no authorization endpoint.",
    "dpop_signing_alg_values_supported": "JWS algorithms of DPoP proofs (RFC 9449).",
    "scopes_supported": "Scopes that are defined here; absent while there are none.",
}
_URI = {"type": "string", "format": "uri"}
_TEXTS = {"type": "array", "items": {"type": "string"}}


def metadata_schema(document: Json) -> Json:
    """Describe the metadata document (RFC 8414 section 2) by one without scopes."""
    properties = {name: _member(name, value) for name, value in document.items()}
    scopes = {"scopes_supported": _member("scopes_supported", [])}
    return {"type": "object", "required": list(document), "properties": properties | scopes}


def _member(name: str, value: object) -> Json:
    kind: Json = _TEXTS if isinstance(value, list) else _URI
    found = [text for end, text in _METADATA_MEMBERS.items() if name.endswith(end)]
    return {**kind, "description": found[0]} if found else kind


JWKS_SCHEMA: Json = {
    "type": "object",
    "required": ["keys"],
    "properties": {
        "keys": {
            "type": "array",
            "description": "The current key, the next one, and those retired lately.",
            "items": {
                "type": "object",
                "required": ["kty", "kid", "use", "alg"],
                "properties": {
                    "kty": {"enum": ["EC", "OKP", "RSA"], "description": "Key type."},
                    "kid": {"type": "string", "description": "Named in the tokens' header."},
                    "use": {"const": "sig"},
                    "alg": {"enum": ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"]},
                    "crv": {"enum": ["P-256", "Ed25519"], "description": "Curve (EC, OKP)."},
                    "x": {"type": "string", "description": "Coordinate (EC) or key (OKP)."},
                    "y": {"type": "string", "description": "Coordinate (EC)."},
                    "n": {"type": "string", "description": "Modulus (RSA)."},
                    "e": {"type": "string", "description": "Exponent (RSA)."},
                },
            },
        }
    },
}
_KEY_EXAMPLE = {  # the public half of the key in RFC 7517 appendix A.1
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "kid": "2bEvdsi8Ejejt1LPyVXkjIzk3UJucfz6UIiQ_tUonlc",
    "use": "sig",
    "alg": "ES256",
}
STATUS_SCHEMA: Json = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"enum": ["ok", "unavailable", "draining"]},
        "version": {"type": "string", "description": "Of the program; at `/healthz`."},
        "detail": {"type": "string", "description": "What is amiss, when not `ok`."},
        "reasons": {
            "type": "array",
            "description": "The same for programs, when not `ok`.",
            "items": {"enum": ["draining", "database", "keys"]},
        },
    },
}
_OK = {"status": "ok"}
_NOT_READY = {
    "status": "unavailable",
    "detail": "the database does not answer",
    "reasons": ["database"],
}
_DRAINING = {"status": "draining", "detail": "the service ends here", "reasons": ["draining"]}

METADATA: Json = {
    "get": {
        "tags": ["Discovery"],
        "summary": "Server metadata",
        "description": "What this server can do, computed from what is on (RFC 8414). The same "
        "document stands at both addresses; it is no OpenID provider's.",
        "responses": {
            "200": answer(
                "The metadata document",
                ref("schemas", "Metadata"),
                FIVE_MINUTES,
                examples={"metadata": ref("examples", "Metadata")},
            ),
            **ALWAYS,
        },
    }
}
JWKS: Json = {
    "get": {
        "tags": ["Discovery"],
        "summary": "Public signing keys",
        "description": "The keys that check access tokens offline (RFC 7517 section 5). A token "
        "names its key by `kid`; fetch anew on one that you do not know.",
        "responses": {
            "200": answer(
                "The public keys",
                ref("schemas", "SigningKeys"),
                FIVE_MINUTES,
                example={"keys": [_KEY_EXAMPLE]},
            ),
            **ALWAYS,
        },
    }
}
HEALTH: Json = {
    "get": {
        "tags": ["Health"],
        "summary": "Is the process alive?",
        "description": "Answers as long as the process does, whatever the database does.",
        "responses": {
            "200": answer(
                "It is", ref("schemas", "Status"), NO_STORE, example={**_OK, "version": "1.0.0"}
            ),
            **ALWAYS,
        },
    }
}
READY: Json = {
    "get": {
        "tags": ["Health"],
        "summary": "Can it do its work?",
        "description": "Whether the database answers, the signing keys are loaded, and the service "
        "is not about to end here.",
        "responses": {
            "200": answer("It can", ref("schemas", "Status"), NO_STORE, example=_OK),
            "503": answer(
                "It cannot, or not for long",
                ref("schemas", "Status"),
                NO_STORE,
                examples={
                    "unavailable": {"summary": "No database", "value": _NOT_READY},
                    "draining": {"summary": "After SIGTERM", "value": _DRAINING},
                },
            ),
            **ALWAYS,
        },
    }
}
