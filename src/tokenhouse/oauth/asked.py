"""What was asked: the form's known parameters and the few headers that matter.

RFC 6749 section 3.2: no parameter more than once, an empty one counts as absent, unknown
ones are ignored. The trap: a framework's form reader takes the last of two, keeps what it
could not decode, and reads multipart too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote_plus, unquote_to_bytes

from tokenhouse.oauth.errors import InvalidRequest, UnsupportedMediaType

if TYPE_CHECKING:
    from tokenhouse.oauth.origin import Origin

FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 section 2.2
MOST_PARAMETERS = 64
KNOWN = frozenset(
    {
        "grant_type",
        "username",
        "password",
        "scope",
        "client_id",
        "client_secret",
        "client_assertion_type",
        "client_assertion",
        "resource",
    }
)
_NAMES = {name.encode(): name for name in KNOWN}  # as they come, nearly always
_VALUES = {quote_plus(ASSERTION_TYPE).encode(): ASSERTION_TYPE}  # the one that always has escapes
REPEATABLE = frozenset({"resource"})  # RFC 8707 section 2; kept space-separated, URIs have none


class Request(NamedTuple):
    """One HTTP request, read whole: method, headers that matter, body, where it came from."""

    method: str
    authorization: tuple[str, ...]
    content_type: tuple[str, ...]
    body: bytes
    origin: Origin
    proofs: tuple[str, ...] = ()
    if_none_match: str = ""


class Asked(NamedTuple):
    """The form's known, non-empty parameters and the `Authorization` header, if any."""

    form: dict[str, str]
    authorization: str | None
    origin: Origin
    proofs: tuple[str, ...]

    @property
    def source(self) -> str:
        """The address that it came from."""
        return self.origin.source

    def need(self, name: str) -> str:
        """Return a required parameter.

        Raises:
            InvalidRequest: it is missing or empty (RFC 6749 section 5.2).

        """
        try:
            return self.form[name]
        except KeyError:
            msg = f"The parameter {name} is missing."
            raise InvalidRequest(msg) from None


def read(request: Request, known: frozenset[str] = KNOWN) -> Asked:
    """Read a protocol request.

    Raises:
        UnsupportedMediaType: the body is not a form.
        InvalidRequest: a parameter is repeated or undecodable, there are more than 64, or
            the `Authorization` header is sent twice.

    """
    if len(request.content_type) != 1 or not _is_form(request.content_type[0]):
        raise UnsupportedMediaType
    if len(request.authorization) > 1:
        msg = "The Authorization header is sent more than once."
        raise InvalidRequest(msg)
    header = request.authorization[0] if request.authorization else None
    return Asked(parse_form(request.body, known), header, request.origin, request.proofs)


def _is_form(value: str) -> bool:
    return value == FORM or value.split(";", 1)[0].strip().lower() == FORM


def parse_form(body: bytes, known: frozenset[str] = KNOWN) -> dict[str, str]:
    """Parse `application/x-www-form-urlencoded` strictly.

    Args:
        body: the octets sent.
        known: names that may stand there once; others are ignored.

    Raises:
        InvalidRequest: see `read`.

    """
    pairs = body.split(b"&", MOST_PARAMETERS)
    if len(pairs) > MOST_PARAMETERS:
        msg = f"More than {MOST_PARAMETERS} parameters."
        raise InvalidRequest(msg)
    form: dict[str, str] = {}
    seen: set[str] = set()
    for pair in pairs:
        raw_name, _, raw_value = pair.partition(b"=")
        name = _NAMES.get(raw_name) or decode(raw_name)
        value = _VALUES.get(raw_value) or decode(raw_value)
        if name not in known:
            continue
        if name in seen and name not in REPEATABLE:
            msg = f"The parameter {name} is sent more than once."
            raise InvalidRequest(msg)
        seen.add(name)
        if value:
            form[name] = f"{form[name]} {value}" if name in form else value
    return form


def decode(raw: bytes) -> str:
    """Decode one form-urlencoded name or value.

    Raises:
        InvalidRequest: the octets are not UTF-8, or a percent sign starts no escape.

    """
    try:
        if b"%" in raw or b"+" in raw:
            escapes = raw.count(b"%")
            unquoted = unquote_to_bytes(raw.replace(b"+", b" "))
            if len(raw) - len(unquoted) != 2 * escapes:
                msg = "A percent sign in the form starts no escape."
                raise InvalidRequest(msg)
            return unquoted.decode()
        return raw.decode()
    except UnicodeDecodeError:
        msg = "The form is not UTF-8."
        raise InvalidRequest(msg) from None
