"""The OpenAPI 3.1 document: what every door says of itself, put together.

The management API's part is the framework's own; that of the protocol's endpoints is handed
in, since the two rooms do not know each other.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from tokenhouse.api.answers import NEXT_NONCE, NOT_KEPT, RESPONSES, takes_access_token, usual
from tokenhouse.api.application import make_api
from tokenhouse.api.documents_openapi import DOCUMENTS
from tokenhouse.api.examples import EXAMPLES
from tokenhouse.api.strict import Problem, Validation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tokenhouse.context import Context

Json = dict[str, Any]

_ABOUT = """\
1. **Get an access token** with your e-mail address and password, by HTTP Basic. It lasts a
   quarter of an hour unless the operator chose otherwise.
2. **Create app credentials** with it: a `client_id` and a `client_secret` for your program.
   The secret is shown once.
3. **Let the program get its own tokens** at the token endpoint, by
   `grant_type=client_credentials`; an OAuth 2.0 client library does it for you.
   `client_secret_jwt` never sends the secret.

What holds everywhere:

- Every path answers the same with a slash at its end. `HEAD` answers wherever `GET` does, but
  for the Basic route. Any other method is 405 with `Allow`.
- Every error body is a JSON object with `detail`: a text, or with 422 the list of what is wrong.
- Limits: body 64 KiB (413), header block with the URL 16 KiB (431).
"""
_TAGS = {
    "Access tokens": "Get an access token.",
    "App credentials": "What a program needs to get tokens: `client_id` and `client_secret`.",
    "Secrets": "The secrets of app credentials: rotation without a gap, and evidence.",
    "Keys": "The public keys of app credentials, for `private_key_jwt`.",
    "Signing keys": "The keys that sign access tokens: seen and rotated by administrators.",
    "Users": "The person whose token it is, and for administrators all people.",
    "Scopes": "What tokens may be narrowed to.",
    "Leaks": "Secrets that were found where they should not be.",
    "Webhooks": "Which other programs are told of events.",
    "Audit": "Who did what: sign-ins and changes.",
    "Discovery": "What this server can do, and the keys that check its tokens.",
    "Documents": "What describes this service.",
    "Health": "For whoever runs this service.",
}
_SECURITY: list[Json] = [{"bearer": []}, {"oauth2": []}, {"dpop": []}]
_PROOF: Json = {"$ref": "#/components/parameters/DPoPWithToken"}
_FRAMEWORKS_OWN = {"HTTPValidationError", "ValidationError"}  # not what is sent


def document(context: Context, described: Mapping[str, Any]) -> Json:
    """Put the document together.

    Args:
        context: the Context; the server's address is its issuer.
        described: `paths` and `components` of the protocol's endpoints.

    """
    api = _untitled(make_api(context).openapi())
    own = {path: _completed(path, item) for path, item in api["paths"].items()}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Tokenhouse",
            "summary": "OAuth 2.0 token service",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "version": version("tokenhouse"),
        },
        "servers": [{"url": context.settings.issuer}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": {**described["paths"], **own, **DOCUMENTS},
        "components": _joined(
            api["components"],
            described["components"],
            {"schemas": _untitled(_refusal_schemas()), "responses": RESPONSES},
        ),
    }


def _untitled(part: Json) -> Json:
    """Take out the titles that the framework makes up from names."""
    untitled: Json = json.loads(json.dumps(part), object_hook=_without_title)
    return untitled


def _without_title(members: Json) -> Json:
    return {k: v for k, v in members.items() if k != "title" or not isinstance(v, str)}


def _refusal_schemas() -> Json:
    _, found = models_json_schema(
        [(Problem, "validation"), (Validation, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    schemas: Json = found["$defs"]
    return schemas


def _joined(*parts: Mapping[str, Json]) -> dict[str, Json]:
    """Join components kind by kind."""
    joined: dict[str, Json] = {}
    for part in parts:
        for kind, named in part.items():
            kept = {name: one for name, one in named.items() if name not in _FRAMEWORKS_OWN}
            joined[kind] = {**joined.get(kind, {}), **kept}
    return joined


def _completed(path: str, item: Json) -> Json:
    """Add to a route what holds for all: refusals, headers, the flow that gives a token."""
    return {method: _operation(path, operation) for method, operation in item.items()}


def _operation(path: str, operation: Json) -> Json:
    usually = {
        status: {"$ref": f"#/components/responses/{name}"}
        for status, name in usual(path, operation).items()
    }
    own = {
        status: _answer(response)
        for status, response in operation["responses"].items()
        if status == "400" or status not in usually
    }
    asked = _asked(operation)
    if takes_access_token(operation):
        asked["security"] = _SECURITY
        asked["parameters"] = [*asked.get("parameters", ()), _PROOF]
    answers = {"responses": dict(sorted({**usually, **own}.items()))}
    return {**operation, **asked, **answers}


def _asked(operation: Json) -> Json:
    """Describe what is sent: what may be left out cannot be null instead."""
    asked: Json = {}
    if "parameters" in operation:
        asked["parameters"] = [_not_null(one) for one in operation["parameters"]]
    if "requestBody" in operation:
        media = _not_null(operation["requestBody"]["content"]["application/json"])
        asked["requestBody"] = {**operation["requestBody"], "content": {"application/json": media}}
    return asked


def _not_null(described: Json) -> Json:
    schema = dict(described["schema"])
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    return {**described, "schema": {**schema, **(kinds[0] if kinds else {})}}


def _answer(response: Json) -> Json:
    """Add what the framework does not know of: headers, and an example of the model."""
    headers = {**NOT_KEPT, **NEXT_NONCE, **response.get("headers", {})}
    media = response.get("content", {}).get("application/json")
    if media is None:
        return {**response, "headers": headers}
    example = _example(media["schema"], response["description"])
    shown = media if "examples" in media else {**media, "example": example}
    return {**response, "headers": headers, "content": {"application/json": shown}}


def _example(schema: Json, description: str) -> object:
    """Give an example of a model, or of a list of them; a refusal says its description."""
    if "items" in schema:
        return [_example(schema["items"], description)]
    name = schema.get("$ref", "").rpartition("/")[2]
    return EXAMPLES.get(name, {"detail": description})
