"""The key that DPoP binds tokens to, and the proofs it signs (RFC 9449).

Owns: the nonces that servers gave, one for each origin (section 8.2).
"""

import base64
import hashlib
import secrets
import time
from typing import Any

import httpx
import jwt

from tokenhouse_sdk.jose import PrivateKey

HEADER, NONCE_HEADER, USE_NONCE = "DPoP", "DPoP-Nonce", "use_dpop_nonce"


class SenderKey:
    """Signs proofs; any number of threads and tasks may share one."""

    def __init__(self, key: PrivateKey | None = None) -> None:
        """Take a key, else make one that lives as long as this object."""
        self._key = key or PrivateKey.make()
        self._headers = {"typ": "dpop+jwt", "jwk": self._key.public}
        self._nonces: dict[str, str] = {}

    def sign(self, request: httpx.Request, token: str | None = None) -> None:
        """Add a fresh proof to a request, for the access token that goes with it."""
        request.headers[HEADER] = self.proof(request.method, str(request.url), token)

    def proof(self, method: str, url: str, token: str | None = None) -> str:
        """Make a proof (section 4.2)."""
        where = httpx.URL(url).copy_with(query=None, fragment=None)
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": str(where),
            "iat": int(time.time()),
        }
        if token is not None:
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if nonce := self._nonces.get(_origin(where)):
            claims["nonce"] = nonce
        return jwt.encode(claims, self._key.key, self._key.alg, self._headers)

    def learn(self, url: str, nonce: str | None) -> None:
        """Keep the nonce that an answer brought, for the next proof to its server."""
        if nonce:
            self._nonces[_origin(httpx.URL(url))] = nonce


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
