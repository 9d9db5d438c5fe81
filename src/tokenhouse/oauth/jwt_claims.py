"""The strict front door of every JWT that somebody else made.

Read before any library sees it (RFC 8725 section 3): the libraries accept duplicate member
names, non-canonical base64url, NaN, and booleans for numbers. Nothing here is trusted yet:
the signature is checked afterwards by whoever knows the key.
"""

from __future__ import annotations

import binascii
import json
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, cast

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_OCTETS = 8192
MOST_NAME = 256
LEEWAY = 30  # seconds, for clocks that differ
_HEADER_NAMES = frozenset({"alg", "typ", "kid", "cty"})
_NEVER = frozenset({"b64", "crit", "enc", "jku", "x5c", "x5t", "x5t#S256", "x5u", "zip"})
_PARTS = 3
# `+` and `/` become what no alphabet has, or base64 would be taken for base64url.
_TO_BASE64 = bytes.maketrans(b"-_+/", b"+/!!")
_LATEST = 2**53  # RFC 7493 section 2.2: beyond it a number is not exact


class MalformedJwt(Exception):
    """The text is not a JWT that we read; the message is for the log."""


class UntrustedJwt(NamedTuple):
    """A well-formed JWT whose signature nobody has checked yet (RFC 7515 section 3)."""

    header: Mapping[str, Any]
    claims: dict[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def alg(self) -> str:
        """`alg` of the header; "" where it is no string."""
        value = self.header.get("alg")
        return value if isinstance(value, str) else ""

    @property
    def typ(self) -> str | None:
        """`typ`, lower case and without `application/` (RFC 7515 section 4.1.9)."""
        value = self.header.get("typ")
        return value.lower().removeprefix("application/") if isinstance(value, str) else None

    def text(self, name: str) -> str:
        """Return a claim that must be text, see `text_claim`."""
        return text_claim(self.claims, name)

    def time(self, name: str) -> float | None:
        """Return a claim that must be a time, see `numeric_date`."""
        return numeric_date(self.claims, name)


def text_claim(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that must be a non-empty string of at most 256 octets.

    Raises:
        MalformedJwt: it is not.

    """
    value = claims.get(name)
    if not isinstance(value, str) or not value or len(value.encode()) > MOST_NAME:
        raise MalformedJwt(name)
    return value


def numeric_date(claims: Mapping[str, Any], name: str) -> float | None:
    """Return a NumericDate claim in unix seconds (RFC 7519 section 2), None when absent.

    Raises:
        MalformedJwt: it is no number, or not in 0 < x < 2**53.

    """
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedJwt(name)
    if not 0 < value < _LATEST:
        raise MalformedJwt(name)
    return value


def read_jwt(text: str, *, key_inside: bool = False) -> UntrustedJwt:
    """Take a compact JWS with a JSON object inside apart, strictly.

    Args:
        text: the JWS.
        key_inside: whether it is a DPoP proof: its header carries `jwk`, and other parameters
            that change nothing are ignored (RFC 9449 section 4.2, RFC 7515 section 4).

    Raises:
        MalformedJwt: more than 8 KiB, not three canonical base64url parts, not strict JSON,
            a header name other than alg, typ, kid, cty, or a header value of a wrong type.

    """
    header = read_header(text, key_inside=key_inside)
    parts = text.split(".")
    if len(parts) != _PARTS:
        msg = "not three parts"
        raise MalformedJwt(msg)
    claims, signature = decode_base64url(parts[1]), decode_base64url(parts[2])
    signing_input = text[: text.rindex(".")].encode("ascii")
    return UntrustedJwt(header, strict_object(claims), signing_input, signature)


def read_header(text: str, *, key_inside: bool = False) -> Mapping[str, Any]:
    """Read the header alone, see `read_jwt`: it says who could check the rest.

    Raises:
        MalformedJwt: it is none, or the whole is longer than 8 KiB.

    """
    if len(text) > MOST_OCTETS:
        msg = "longer than 8 KiB"
        raise MalformedJwt(msg)
    return _header(text.partition(".")[0], key_inside)


@lru_cache(maxsize=256)
def _header(raw_header: str, key_inside: bool) -> Mapping[str, Any]:  # noqa: FBT001 - because a cache's key is cheapest so
    """Read a header; clients send the same one over and over."""
    header = strict_object(decode_base64url(raw_header))
    if (header.keys() & _NEVER) if key_inside else (header.keys() - _HEADER_NAMES):
        msg = "a header parameter that is not honoured"
        raise MalformedJwt(msg)
    for name in header.keys() & _HEADER_NAMES:
        if not isinstance(header[name], str) or len(header[name].encode()) > MOST_NAME:
            msg = "a header value of a wrong type or length"
            raise MalformedJwt(msg)
    return header


def peek_alg(text: str) -> str:
    """Return the `alg` that a JWT's header names, "" where there is none to be read.

    Only to choose who reads the whole: nothing of it is checked.
    """
    return _alg(text.partition(".")[0]) if len(text) <= MOST_OCTETS else ""


@lru_cache(maxsize=256)
def _alg(raw_header: str) -> str:
    try:
        value = strict_object(decode_base64url(raw_header)).get("alg")
    except MalformedJwt:
        return ""
    return value if isinstance(value, str) else ""


def decode_base64url(part: str) -> bytes:
    """Decode canonical base64url without padding (RFC 7515 section 2).

    Raises:
        MalformedJwt: it is anything else.

    """
    try:
        octets = part.encode("ascii").translate(_TO_BASE64)
        decoded = binascii.a2b_base64(octets + b"=" * (-len(octets) % 4))
    except ValueError:
        msg = "not base64url"
        raise MalformedJwt(msg) from None
    if binascii.b2a_base64(decoded, newline=False).rstrip(b"=") != octets:
        msg = "not canonical base64url"
        raise MalformedJwt(msg)
    return decoded


def strict_object(octets: bytes) -> dict[str, Any]:
    """Parse a JSON object, see `strict_json`.

    Raises:
        MalformedJwt: it is anything else.

    """
    value = strict_json(octets)
    if not isinstance(value, dict):
        msg = "not a JSON object"
        raise MalformedJwt(msg)
    return cast("dict[str, Any]", value)


def strict_json(octets: bytes) -> object:
    """Parse JSON: UTF-8, no duplicate names, no NaN, no surrogates, no NUL.

    Raises:
        MalformedJwt: it is anything else, or nested too deeply.

    """
    if b"\\u" not in octets and (parsed := _plain(octets)):
        return parsed[0]
    try:
        text = octets.decode()
        value = _STRICT.decode(text)
        if "\\u" in text:  # only an escape can smuggle in a lone surrogate or a NUL
            json.dumps(value, ensure_ascii=False).encode()
            if "\\u0000" in text and _holds_nul(value):
                _refuse("NUL")
    except RecursionError:
        msg = "nested too deeply"
        raise MalformedJwt(msg) from None
    except ValueError as error:
        msg = f"not strict JSON: {type(error).__name__}"
        raise MalformedJwt(msg) from None
    return value


def _plain(octets: bytes) -> tuple[object] | None:
    """Parse what is written just as the quick library would write it, as most is.

    That has nothing of what strictness is about, for the library could not have written it: of
    two values of one name it has kept one, and it writes no NaN.
    """
    try:
        value: object = orjson.loads(octets)
        return (value,) if orjson.dumps(value) == octets else None
    except (ValueError, TypeError):
        return None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("duplicate name")
    return found


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return any("\0" in name or _holds_nul(inner) for name, inner in pairs)
    if isinstance(value, list):
        return any(_holds_nul(inner) for inner in cast("list[object]", value))
    return isinstance(value, str) and "\0" in value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse("a number out of range")
    return number


def _refuse(what: str) -> NoReturn:
    raise ValueError(what)


_STRICT = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_refuse, parse_float=_finite
)
