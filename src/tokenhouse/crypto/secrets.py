"""Client secrets and other random names: making and recognising them.

A client secret is `ths_`, 54 characters of base64url (40 random octets, 320 bits), and 6
characters of checksum (CRC-32 of all before it): 64 in all, `[A-Za-z0-9_-]`.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import uuid
import zlib

PREFIX = "ths_"
PATTERN = re.compile(r"ths_[A-Za-z0-9_-]{60}")
_RANDOM_OCTETS = 40
_CHECKSUM = 6
_HINT = 4
_WORDS_OF_PASSWORD = 18  # octets: 144 bits


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _checksum(text: str) -> str:
    return _base64url(zlib.crc32(text.encode()).to_bytes(4, "big"))


def make_client_secret() -> str:
    """Make a client secret."""
    body = PREFIX + _base64url(os.urandom(_RANDOM_OCTETS))
    return body + _checksum(body)


def is_well_formed(secret: str) -> bool:
    """Tell a client secret of ours from a mistyped or cut one, without a look-up."""
    matched = PATTERN.fullmatch(secret) is not None
    return matched and _checksum(secret[:-_CHECKSUM]) == secret[-_CHECKSUM:]


def hint(secret: str) -> str:
    """Return what is kept of a client secret in clear, to tell it from another: its end.

    All of it is checksum, so that it says nothing of the random part but what that tells: 20 bits.
    """
    return secret[-_HINT:]


def make_password() -> str:
    """Make a password for a first user, 144 bits."""
    return secrets.token_urlsafe(_WORDS_OF_PASSWORD)


def make_cookie() -> str:
    """Make what the cookie of a browser session holds: 256 bits, base64url."""
    return _base64url(os.urandom(32))


def make_id() -> str:
    """Make the UUID of a new row (RFC 9562, version 4)."""
    return str(uuid.uuid4())


def make_jti() -> str:
    """Make the `jti` of an access token: 128 bits, base64url."""
    return _base64url(os.urandom(16))
