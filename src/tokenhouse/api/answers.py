"""What the management API's refusals look like, for the OpenAPI document.

Owns: the description of every refusal that a route does not choose itself. `usual` gives them
by the shape of the operation, so that a new route cannot forget one.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tokenhouse.oauth.bearer import (
    DPOP,
    BearerError,
    insufficient_scope,
    invalid_token,
    no_token,
)
from tokenhouse.oauth.errors import InvalidDpopProof, SlowDown, UseDpopNonce

Json = dict[str, Any]

NOT_A_PERSON = insufficient_scope("This takes a token that a person signed in for.")
NOT_AN_ADMIN = insufficient_scope("This takes the token of an administrator.")
NOT_A_MANAGER = insufficient_scope("Tokens of app credentials may not manage credentials here.")
TWO_TOKENS = BearerError("invalid_request", 400, "The Authorization header is sent twice.")
BAD_PROOFS = [
    BearerError(error.code, 401, error.description, DPOP)
    for error in (InvalidDpopProof(), UseDpopNonce(""))
]
NOT_KEPT: Json = {"Cache-Control": {"$ref": "#/components/headers/NoStore"}}
NEXT_NONCE: Json = {"DPoP-Nonce": {"$ref": "#/components/headers/DPoPNonce"}}
_RETRY_AFTER: Json = {
    "description": "Seconds to wait before trying again.",
    "required": True,
    "schema": {"type": "integer"},
    "example": 1,
}
_UNKNOWN_MEMBER: Json = {
    "loc": ["body", "colour"],
    "msg": "Extra inputs are not permitted",
    "type": "extra_forbidden",
}


def refused(status: int, *details: str, also: BearerError | None = None) -> Json:
    """Describe a refusal.

    Args:
        status: HTTP status.
        details: the texts that `detail` may be, for example.
        also: the access token may be what is refused, and then so.

    """
    if status == HTTPStatus.FORBIDDEN:
        return refused_bearer(*map(insufficient_scope, details), *([also] if also else []))
    bodies: list[Json] = [{"detail": detail} for detail in details]
    if also is None:
        return _answer(status, *bodies)
    return _answer(status, *bodies, _body(also), headers=_challenge(also, required=False))


def only_admins() -> dict[int | str, Json]:
    """Describe the refusal of whoever is no administrator, in person."""
    return {403: refused(403, NOT_A_PERSON.description, also=NOT_AN_ADMIN)}


def slowed_down() -> Json:
    """Describe the refusal that too many failures bring."""
    error = SlowDown()
    return _answer(
        error.status, {"detail": error.description}, headers={"Retry-After": _RETRY_AFTER}
    )


def refused_bearer(*errors: BearerError, headers: Json | None = None) -> Json:
    """Describe the refusal of who shows no token, or one that is not taken."""
    last = errors[-1]
    headers = {**_challenge(last, required=True), **(headers or {})}
    return _answer(last.status, *map(_body, errors), headers=headers)


def _body(error: BearerError) -> Json:
    code = {"error": error.code} if error.code else {}
    return {**code, "detail": error.description}


def _challenge(error: BearerError, *, required: bool) -> Json:
    header = {
        "description": "How to authenticate, and what is wrong with the token, if one was sent.",
        "required": required,
        "schema": {"type": "string"},
        "example": error.challenge,
    }
    return {"WWW-Authenticate": header}


def _answer(
    status: int, *bodies: Json, schema: str = "Problem", headers: Json | None = None
) -> Json:
    examples = {
        f"{place}": {"summary": _summary(body), "value": body}
        for place, body in enumerate(bodies, 1)
    }
    media = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": examples}
    return {
        "description": HTTPStatus(status).phrase,
        "headers": {**NOT_KEPT, **(headers or {})},
        "content": {"application/json": media},
    }


def _summary(body: Json) -> str:
    detail = body["detail"]
    return detail if isinstance(detail, str) else str(detail[0]["msg"])


RESPONSES: Json = {
    "BadRequest": refused_bearer(TWO_TOKENS),
    "Unauthorized": refused_bearer(no_token(), *BAD_PROOFS, invalid_token(), headers=NEXT_NONCE),
    "NotFound": refused(404, "Not Found"),
    "Invalid": _answer(422, {"detail": [_UNKNOWN_MEMBER]}, schema="Validation"),
    "Unavailable": _answer(503, {"detail": "Try again."}, headers={"Retry-After": _RETRY_AFTER}),
}


def takes_access_token(operation: Json) -> bool:
    """Tell whether an operation is secured by an access token, rather than in a way of its own."""
    return {"bearer": []} in operation.get("security", ())


def usual(path: str, operation: Json) -> dict[str, str]:
    """Tell which refusals an operation can give by its shape: status → name of a component.

    Those of the wire (408, 413, 431) are described with the protocol's endpoints.
    """
    found = {"431": "HeadersTooLarge", "503": "Unavailable"}
    if takes_access_token(operation):
        found |= {"400": "BadRequest", "401": "Unauthorized"}
    if "{" in path:
        found |= {"404": "NotFound"}
    if "requestBody" in operation:
        found |= {"408": "TooSlow", "413": "TooLarge"}
    if "requestBody" in operation or "parameters" in operation:
        found |= {"422": "Invalid"}
    return found
