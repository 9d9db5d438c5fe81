"""How the OpenAPI document speaks of DPoP (RFC 9449): the proof, the nonce, the scheme.

All operations, those of the management API too, point to these components. The trap: a page that
tries requests out sends the example of a parameter, and no fixed proof is good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenhouse.endpoints.documents_openapi import ref
from tokenhouse.oauth.dpop import ALGORITHMS

if TYPE_CHECKING:
    from tokenhouse.settings import Settings

Json = dict[str, Any]
PARAMETERS: list[Json] = [ref("parameters", "DPoP")]
NONCE: Json = {"DPoP-Nonce": ref("headers", "DPoPNonce")}


def parameters(settings: Settings) -> Json:
    """Describe the header of a request for a token, and of one with a token."""
    form = (
        f"A JWT with `typ: dpop+jwt`, signed by {', '.join(ALGORITHMS)} with the key in its `jwk`; "
        "`jti` used once, `htm` and `htu` this method and URL, `iat` at most a minute ago"
    )
    return {
        "DPoP": _header(
            f"Proof of a key that the token is to be bound to (RFC 9449 section 5). {form}.",
            required=settings.require_dpop,
        ),
        "DPoPWithToken": _header(
            "Proof of the key that the token is bound to, with `Authorization: DPoP` "
            f"(RFC 9449 section 7.1). {form}, `ath` the token's SHA-256.",
        ),
    }


def _header(description: str, *, required: bool = False) -> Json:
    return {
        "name": "DPoP",
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", "maxLength": 8192},
    }


HEADERS: Json = {
    "DPoPNonce": {
        "description": "Where nonces are asked for (setting `dpop_nonces`): the `nonce` of the "
        "next proof (RFC 9449 section 8).",
        "schema": {"type": "string"},
        "example": "tS2qVYlBzGxB6tDdLQ1Yug",
    }
}
SCHEME: Json = {
    "type": "http",
    "scheme": "dpop",
    "description": "An access token that is bound to a key, sent with a proof of the key in the "
    "`DPoP` header (RFC 9449 section 7.1).",
}
