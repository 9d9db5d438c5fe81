"""The words of DPoP (RFC 9449): what a proof may be signed with, and where it is good for."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote, urlsplit

ALGORITHMS = ("ES256", "ES384", "EdDSA", "Ed25519", "PS256")
TYPE = "dpop+jwt"
_PORTS = {"http": 80, "https": 443}

Place = tuple[str, str, int, str]


@lru_cache(maxsize=1024)
def place(url: str) -> Place | None:
    """Return what of a URL is compared: scheme, host, port, path; None where it is none.

    Query and fragment are left out (section 4.3), the rest is normalised (RFC 3986 sections
    6.2.2 and 6.2.3). A final slash makes no difference, as on all our paths.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    path = unquote(parts.path).removesuffix("/")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path
