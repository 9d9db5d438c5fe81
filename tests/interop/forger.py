"""An issuer that signs anything: access tokens right and wrong, and the key set to check them by.

Owns: tokens after RFC 9068, ES256 (RFC 7518 section 3.4) and the published key (RFC 7517), sharing
no code with the product or with the API's library.
Trap: the signature is 64 octets, r and s, not the DER that signers give.
"""

import json
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.jws import b64, compact, dump
from tests.service import HOST

Members = Mapping[str, object]
"""Members of a token; where they take the place of a good token's, None takes one away."""

ISSUER = "https://issuer.example"
KEY, ANOTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
HEADER: Members = {"alg": "ES256", "typ": "at+jwt", "kid": "current"}
CLAIMS: Members = {
    "iss": ISSUER,
    "aud": ISSUER,
    "sub": "app",
    "client_id": "app",
    "user_id": "owner",
    "jti": "1",
}


def forge(header: Members, claims: Members, key: ec.EllipticCurvePrivateKey = KEY) -> str:
    """A token that is good but for these members, signed ES256 whatever its header says."""
    signing_input = b".".join(map(b64, _documents(header, claims)))
    r, s = decode_dss_signature(key.sign(signing_input, ec.ECDSA(SHA256())))
    return (signing_input + b"." + b64(r.to_bytes(32) + s.to_bytes(32))).decode()


def forge_by_hmac(header: Members, key: bytes) -> str:
    """A token that is good but for these members of its header, and signed HS256 with `key`."""
    return compact(*_documents(header, {}), key).decode()


def _documents(header: Members, claims: Members) -> tuple[bytes, bytes]:
    now = int(time.time())
    whole = {**HEADER, **header}, {**CLAIMS, "iat": now, "exp": now + 60, **claims}
    left_head, left_claims = ({k: v for k, v in part.items() if v is not None} for part in whole)
    return dump(left_head), dump(left_claims)


class KeySet(ThreadingHTTPServer):
    """Publishes the public key at every path, and counts how often it is asked."""

    def __init__(self) -> None:
        point = KEY.public_key().public_numbers()
        x, y = (b64(n.to_bytes(32)).decode() for n in (point.x, point.y))
        jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "current", "alg": "ES256"}
        self.document = json.dumps({"keys": [jwk]}).encode()
        self.asked = 0
        super().__init__((HOST, 0), _Answer)

    @property
    def url(self) -> str:
        """The address for an API's JWKS_URI."""
        return f"http://{HOST}:{self.server_port}/jwks.json"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        keys = cast("KeySet", self.server)
        keys.asked += 1
        self.send_response(200)
        self.send_header("Content-Type", "application/jwk-set+json")
        self.send_header("Content-Length", str(len(keys.document)))
        self.end_headers()
        self.wfile.write(keys.document)


@contextmanager
def published_keys() -> Generator[KeySet]:
    """The key set on a free loopback port, until the end of the block."""
    with KeySet() as keys:
        thread = Thread(target=keys.serve_forever)
        thread.start()
        try:
            yield keys
        finally:
            keys.shutdown()
            thread.join()
