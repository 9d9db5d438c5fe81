"""The signature of GitHub over a report of leaked secrets: ECDSA, P-256, SHA-256, over the body.

The form of GitHub's secret scanning partner program, its list of public keys too. The list is a
file: asking GitHub for it within a request would let strangers make this service ask.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

if TYPE_CHECKING:
    from pathlib import Path


class ReportKeysError(Exception):
    """The file of the public keys cannot be used; the text says why."""


def read_keys(path: Path) -> dict[str, EllipticCurvePublicKey]:
    """Read the public keys by their identifiers.

    Args:
        path: of a JSON object `{"public_keys": [{"key_identifier", "key"}]}`, as GitHub gives it.

    Raises:
        ReportKeysError: missing, unreadable, or not such keys.

    """
    try:
        listed: list[Any] = json.loads(path.read_bytes())["public_keys"]
        keys = {
            str(one["key_identifier"]): load_pem_public_key(one["key"].encode()) for one in listed
        }
    except OSError as error:
        msg = f"leak_report_keys_file {path} cannot be read: {error.strerror}"
        raise ReportKeysError(msg) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        msg = f"leak_report_keys_file {path} is not a list of public keys as GitHub gives it"
        raise ReportKeysError(msg) from None
    return {
        name: key
        for name, key in keys.items()
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
    }


def is_signed(key: EllipticCurvePublicKey, signature: str, body: bytes) -> bool:
    """Tell whether the signature (base64 of the DER form) over the body is this key's."""
    try:
        key.verify(base64.b64decode(signature, validate=True), body, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
