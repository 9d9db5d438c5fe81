"""Reading `Authorization: Basic` (RFC 7617), strictly.

The trap: lenient base64 decoders skip what they do not know, so that many headers mean the
same credentials.
"""

from __future__ import annotations

import base64
import binascii


class MalformedBasic(Exception):
    """The header is Basic, but cannot be read."""


def is_basic(header: str) -> bool:
    """Tell whether the header uses the Basic scheme (compared without case, RFC 9110 11.1)."""
    return header[:6].lower() == "basic " or header.lower() == "basic"


def read_basic(header: str) -> tuple[str, str]:
    """Return user-id and password, split at the first colon (RFC 7617 section 2).

    Raises:
        MalformedBasic: not strict base64 of UTF-8 with a colon in it.

    """
    try:
        octets = header[6:].strip(" ").encode("ascii")
        decoded = base64.b64decode(octets, validate=True)
        text = decoded.decode()
    except (binascii.Error, ValueError):
        raise MalformedBasic from None
    if base64.b64encode(decoded) != octets:  # extra padding, or stray bits at the end
        raise MalformedBasic
    user, colon, password = text.partition(":")
    if not colon:
        raise MalformedBasic
    return user, password
