"""The JWT by which a client proves itself: `client_secret_jwt`, `private_key_jwt` (RFC 7523).

The issuer is its sole audience (RFC 10070), and each is good once: one is made for each request.
"""

import secrets
import time

import jwt

from tokenhouse_sdk.calling.credentials import Credentials

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECONDS = 60


def client_assertion(credentials: Credentials) -> str:
    """Make an assertion of 60 seconds."""
    now = int(time.time())
    claims = {
        "iss": credentials.client_id,
        "sub": credentials.client_id,
        "aud": credentials.url,
        "iat": now,
        "exp": now + SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    key = credentials.private_key
    if key is None:
        return jwt.encode(claims, credentials.client_secret or "", "HS256")
    headers = {"kid": credentials.kid} if credentials.kid else None
    return jwt.encode(claims, key.key, key.alg, headers)
