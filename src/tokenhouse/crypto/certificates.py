"""What a TLS certificate says: until when it is good, and for which names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.x509 import (
    DNSName,
    ExtensionNotFound,
    IPAddress,
    SubjectAlternativeName,
    load_pem_x509_certificates,
)

if TYPE_CHECKING:
    from pathlib import Path


class BadCertificateError(Exception):
    """The file holds no certificate that can be read."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The first of a chain: its end (unix seconds), and its names and addresses."""

    ends_at: float
    names: frozenset[str]

    def is_for(self, host: str) -> bool:
        """Tell whether it is for a host name or an address (RFC 9525 section 6)."""
        host = host.lower()
        _, _, parent = host.partition(".")
        return host in self.names or f"*.{parent}" in self.names


def read_certificate(path: Path) -> Certificate:
    """Read the first certificate of a PEM file.

    Raises:
        BadCertificateError: there is none.
        OSError: the file cannot be read.

    """
    try:
        first = load_pem_x509_certificates(path.read_bytes())[0]
    except ValueError as error:
        raise BadCertificateError(str(error)) from None
    try:
        named = first.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return Certificate(first.not_valid_after_utc.timestamp(), frozenset())
    names = [name.lower() for name in named.get_values_for_type(DNSName)]
    addresses = [str(one) for one in named.get_values_for_type(IPAddress)]
    return Certificate(first.not_valid_after_utc.timestamp(), frozenset([*names, *addresses]))
