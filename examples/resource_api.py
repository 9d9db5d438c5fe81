"""A small API that checks access tokens offline (RFC 9068 section 4).

    pip install 'pyjwt[crypto]' starlette uvicorn
    ISSUER=http://127.0.0.1:8000 PORT=9000 python examples/resource_api.py
    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:9000/

Trap: offline means that a revoked token is good here until it expires, at most 15 minutes later;
where that is too long, ask the introspection endpoint instead (RFC 7662).
"""

import os
from typing import Any

import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ISSUER = os.environ["ISSUER"]
AUDIENCE = os.environ.get("AUDIENCE", ISSUER)
JWKS_URI = os.environ.get("JWKS_URI", f"{ISSUER}/.well-known/jwks.json")
REQUIRED = ["iss", "sub", "aud", "client_id", "iat", "exp", "jti"]

# Keys are kept for five minutes. An unknown `kid` makes it look again, but never twice within the
# cooldown, so that made-up tokens do not reach the issuer.
KEYS = jwt.PyJWKClient(JWKS_URI, lifespan=300, cooldown_duration=10, timeout=5)


def check(token: str) -> dict[str, Any]:
    """Give the claims of a good access token.

    Raises:
        jwt.PyJWKClientConnectionError: the issuer's keys cannot be had.
        jwt.PyJWTError: the token is not good.
    """
    header = jwt.get_unverified_header(token)
    if header.get("typ") != "at+jwt":
        raise jwt.InvalidTokenError
    return jwt.decode(
        token,
        KEYS.get_signing_key(header.get("kid", "")),
        algorithms=["ES256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": REQUIRED},
        leeway=5,  # seconds between the issuer's clock and ours
    )


def whoami(request: Request) -> JSONResponse:
    """Say whose token it is.

    Not `async`: Starlette runs it in a thread, where fetching keys holds up nobody else.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return refuse("no access token", 'Bearer realm="example"')
    try:
        claims = check(token.strip())
    except jwt.PyJWKClientConnectionError:
        return JSONResponse(
            {"detail": "the issuer's keys cannot be had"}, 503, {"Retry-After": "5"}
        )
    except jwt.PyJWTError:
        return refuse("bad access token", 'Bearer realm="example", error="invalid_token"')
    return JSONResponse(
        {"sub": claims["sub"], "user_id": claims.get("user_id"), "client_id": claims["client_id"]}
    )


def refuse(detail: str, challenge: str) -> JSONResponse:
    """Answer 401 with the challenge that RFC 6750 section 3 asks for."""
    return JSONResponse({"detail": detail}, 401, {"WWW-Authenticate": challenge})


app = Starlette(routes=[Route("/", whoami)])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
