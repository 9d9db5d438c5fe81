"""OpenAPI path items of the token endpoints, and the components that they point to.

What the settings turn on or off (the password grant, the Basic route) changes the components
alone: they are computed from what is registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenhouse.endpoints.documents_openapi import (
    ALWAYS,
    BUSY,
    NO_STORE,
    WITH_BODY,
    answer,
    ref,
    refusals,
)
from tokenhouse.endpoints.dpop_openapi import NONCE, PARAMETERS, SCHEME
from tokenhouse.grants import offered
from tokenhouse.oauth.asked import ASSERTION_TYPE
from tokenhouse.oauth.errors import (
    InvalidClient,
    InvalidDpopProof,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    InvalidTarget,
    NotBasic,
    OAuthError,
    SlowDown,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedMediaType,
    UseDpopNonce,
)

if TYPE_CHECKING:
    from tokenhouse.settings import Settings

Json = dict[str, Any]
_CLIENT_ID = "3f6c2b1e-8a4d-4c57-9d0e-5b7a1c2d3e4f"
_SECRET = "ths_example-only-the-real-one-is-shown-once-at-its-creation-0000"  # noqa: S105 - an example, with a wrong checksum
_JWT = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJleGFtcGxlIjp0cnVlfQ.c2lnbmF0dXJl"
_ASSERTION = "eyJhbGciOiJIUzI1NiJ9.eyJleGFtcGxlIjp0cnVlfQ.c2lnbmF0dXJl"
_EMAIL = "you@example.com"


_TOKEN_ANSWER = answer(
    "The access token",
    ref("schemas", "TokenResponse"),
    {**NO_STORE, **NONCE},
    examples={
        "token": ref("examples", "TokenResponse"),
        "bound": ref("examples", "BoundTokenResponse"),
    },
)
_BAD_PROOF: tuple[OAuthError, ...] = (InvalidDpopProof(), UseDpopNonce("tS2qVYlBzGxB6tDdLQ1Yug"))

TOKEN: Json = {
    "post": {
        "tags": ["Access tokens"],
        "operationId": "create_access_token",
        "summary": "Get an access token (OAuth 2.0 token endpoint)",
        "description": (
            "RFC 6749 section 3.2. For programs, with app credentials: "
            "`grant_type=client_credentials` and **one** of four client authentication methods.\n"
            "\n- `client_secret_basic`: `client_id` and `client_secret` as HTTP Basic, each "
            "form-urlencoded first (RFC 6749 section 2.3.1)."
            "\n- `client_secret_post`: both as parameters."
            "\n- `client_secret_jwt`: a JWT signed by the `client_secret` in `client_assertion`; "
            "the secret itself is never sent."
            "\n- `private_key_jwt`: the same, signed with a key pair whose public half is "
            "registered with the app credentials; there is no secret at all.\n\n"
            "An empty parameter counts as absent, an unknown one is ignored, a known one sent "
            "twice is refused. With a proof in the `DPoP` header the token is bound to its key."
        ),
        "parameters": PARAMETERS,
        "security": [{"client_secret_basic": []}, {}],
        "requestBody": ref("requestBodies", "TokenRequest"),
        "responses": {
            "200": _TOKEN_ANSWER,
            "400": ref("responses", "TokenRefused"),
            **refusals(InvalidClient(), UnsupportedMediaType(), SlowDown()),
            **WITH_BODY,
            **ALWAYS,
            **BUSY,
        },
    }
}
BASIC_TOKEN: Json = {
    "get": {
        "tags": ["Access tokens"],
        "operationId": "get_access_token_by_basic",
        "summary": "Get an access token by e-mail and password",
        "description": (
            "HTTP Basic (RFC 7617) with e-mail address and password, UTF-8, nothing in it "
            "percent-encoded. Recommended for testing only: the token it gives lets you create "
            "app credentials, which last longer. `HEAD` is refused here (405)."
        ),
        "parameters": PARAMETERS,
        "security": [{"user_basic": []}],
        "responses": {
            "200": _TOKEN_ANSWER,
            **refusals(InvalidGrant(), *_BAD_PROOF, NotBasic(), SlowDown()),
            **ALWAYS,
            **BUSY,
        },
    }
}

_GRANT_EXAMPLES: Json = {
    "client_credentials": {"grant_type": "client_credentials"},
    "password": {"grant_type": "password", "username": _EMAIL, "password": "as you typed it"},
}
_METHOD_EXAMPLES: Json = {
    "client_secret_post": {"client_id": _CLIENT_ID, "client_secret": _SECRET},
    "client_secret_jwt": {
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": _ASSERTION,
    },
}
BY_CLIENT: Json = {
    "client_id": {
        "type": "string",
        "format": "uuid",
        "description": "Of the app credentials; for `client_secret_post`.",
    },
    "client_secret": {
        "type": "string",
        "format": "password",
        "writeOnly": True,
        "description": "Of the app credentials; for `client_secret_post`.",
    },
    "client_assertion_type": {
        "const": ASSERTION_TYPE,
        "type": "string",
        "description": "For `client_secret_jwt` and `private_key_jwt`.",
    },
    "client_assertion": {
        "type": "string",
        "writeOnly": True,
        "maxLength": 8192,
        "description": (
            "A JWT: for `client_secret_jwt` with HS256, HS384 or HS512 under the client secret's "
            "octets, for `private_key_jwt` with ES256, ES384, EdDSA, Ed25519, PS256 or RS256; "
            "`iss` = `sub` = client_id, `aud` = the issuer alone, `exp` at most an hour "
            "ahead, `jti` used once (RFC 7523 section 3)."
        ),
    },
}
_OF_ANYBODY: Json = {
    "scope": {
        "type": "string",
        "description": "Ignored until scopes are defined here; left out, all that is allowed.",
    },
    "resource": {
        "type": "array",
        "items": {"type": "string"},
        "description": "URI of the API that the token is for, of those that the operator has set; "
        "may come more than once (RFC 8707). All of them when left out.",
    },
}
_OF_A_PERSON: Json = {
    "username": {
        "type": "string",
        "maxLength": 320,
        "description": "E-mail address; for `grant_type=password`.",
    },
    "password": {
        "type": "string",
        "format": "password",
        "writeOnly": True,
        "maxLength": 1024,
        "description": "For `grant_type=password`.",
    },
}


def request_schema(settings: Settings) -> Json:
    """Describe the form: every parameter of the grants that are on."""
    grants = offered(settings)
    properties = {
        "grant_type": {
            "type": "string",
            "enum": grants,
            "description": "What the token is asked by.",
        },
        **(_OF_A_PERSON if "password" in grants else {}),
        **_OF_ANYBODY,
        **BY_CLIENT,
    }
    return {"type": "object", "required": ["grant_type"], "properties": properties}


def request_body(settings: Settings) -> Json:
    """Describe the body, with an example for each grant and method that is read from it."""
    grants = {name: _GRANT_EXAMPLES[name] for name in offered(settings) if name in _GRANT_EXAMPLES}
    by_method = {
        method: {**grants["client_credentials"], **members}
        for method, members in _METHOD_EXAMPLES.items()
    }
    examples = {
        "client_secret_basic": {"value": grants.pop("client_credentials")},
        **{name: {"value": value} for name, value in by_method.items()},
        **{name: {"value": value} for name, value in grants.items()},
    }
    form = {"schema": ref("schemas", "TokenRequest"), "examples": examples}
    return {"required": True, "content": {"application/x-www-form-urlencoded": form}}


def refused(settings: Settings) -> Json:
    """Describe the 400 of the token endpoint."""
    missing = InvalidRequest("The parameter grant_type is missing.")
    errors: list[OAuthError] = [missing, UnauthorizedClient(), UnsupportedGrantType()]
    if "password" in offered(settings):
        errors.append(InvalidGrant())
    found: Json = refusals(*errors, InvalidScope(), InvalidTarget(), *_BAD_PROOF)["400"]
    return found


def response_schema(settings: Settings) -> Json:
    """Describe the token response (RFC 6749 section 5.1)."""
    return {
        "type": "object",
        "required": ["access_token", "token_type", "expires_in", "expires_at"],
        "properties": {
            "access_token": {
                "type": "string",
                "description": "A signed JWT (RFC 9068); send it as `Authorization: Bearer`, or "
                "`DPoP` where it is bound to a key.",
            },
            "token_type": {"enum": token_types(settings)},
            "expires_in": {
                "type": "integer",
                "description": f"Seconds it lasts: {settings.access_token_ttl}.",
            },
            "expires_at": {"type": "integer", "description": "Unix seconds; its `exp`."},
            "scope": {
                "type": "string",
                "description": "What was granted; absent while no scopes are defined here.",
            },
        },
    }


def token_types(settings: Settings) -> list[str]:
    """Name the types of tokens that are issued (RFC 6750, RFC 9449 section 5)."""
    return ["DPoP"] if settings.require_dpop else ["bearer", "DPoP"]


def response_examples(settings: Settings) -> Json:
    """Give a token response of either type."""
    life = {"expires_in": settings.access_token_ttl, "expires_at": 1648925200}
    plain, bound = (
        {"value": {"access_token": _JWT, "token_type": kind, **life}}
        for kind in (token_types(settings)[0], "DPoP")
    )
    return {"TokenResponse": plain, "BoundTokenResponse": bound}


def security_schemes(settings: Settings) -> Json:
    """Describe how to authenticate here, but for a bearer token, which the API describes."""
    flow: Json = {"tokenUrl": settings.token_endpoint, "scopes": {}}
    password: Json = {"password": flow} if "password" in offered(settings) else {}
    user_basic = {
        "type": "http",
        "scheme": "basic",
        "description": "A person: e-mail address and password (RFC 7617).",
    }
    return {
        "oauth2": {
            "type": "oauth2",
            "description": "Get an access token here and use it as a bearer token.",
            "flows": {"clientCredentials": flow, **password},
        },
        "dpop": SCHEME,
        **({"user_basic": user_basic} if settings.basic_token else {}),
        "client_secret_basic": {
            "type": "http",
            "scheme": "basic",
            "description": "A program: client_id and client_secret (RFC 6749 section 2.3.1).",
        },
    }
