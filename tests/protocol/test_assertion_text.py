"""Assertions whose outer form is wrong: parts, base64url, size, the two documents.

RFC 7515 sections 2, 5.2 and 7.1; RFC 7519 section 7.2. The trap: most libraries are lenient here,
and two texts for one assertion are a way around "once".
"""

import json
import string

import pytest

from tests import jws
from tests.protocol.assertions import (
    Make,
    cases,
    claims,
    right,
    signed,
    with_claims,
    with_header_text,
    with_payload,
    with_text,
)
from tests.protocol.checks import assertion_refusal
from tests.protocol.table import World, by_jwt
from tests.raw import Answer, send

PARTS = "RFC 7515 section 7.1"
BASE64URL = "RFC 7515 section 2"
VALIDATION = "RFC 7515 section 5.2"
JWT = "RFC 7519 section 7.2"
SIZE_LIMIT = 8192
DEEP = 2500


def other_last_bits(text: bytes) -> bytes:
    """Another spelling of the same signature: the two bits that encode nothing, set."""
    alphabet = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_").encode()
    return text[:-1] + alphabet[alphabet.index(text[-1]) | 1 :][:1]


def standard_alphabet(w: World) -> bytes:
    """`+` and `/` where base64url has `-` and `_`, and signed as spelled."""
    head, body = jws.b64(b'{"alg":"HS256"}'), jws.b64(jws.dump(claims(w, x="???>>>~~~")))
    spelled = (head + b"." + body).replace(b"-", b"+").replace(b"_", b"/")
    assert spelled != head + b"." + body
    return spelled + b"." + jws.b64(jws.signature(spelled, w.app.client_secret.encode()))


def padded_parts(w: World) -> bytes:
    """Every part padded with `=`, and the signature made over the padded text."""
    head, body = (part + b"=" * (-len(part) % 4) for part in right(w).split(b".")[:2])
    head = jws.b64(b'{"alg":"HS256" }') + b"=" if b"=" not in head + body else head
    mac = jws.signature(head + b"." + body, w.app.client_secret.encode())
    return head + b"." + body + b"." + jws.b64(mac) + b"="


def twice(name: str, spelled: str = "") -> Make:
    """A claim twice with the same right value, so that the repetition alone is wrong."""

    def make(w: World) -> bytes:
        right_claims = claims(w)
        again = f'"{spelled or name}":{json.dumps(right_claims[name])}'
        return signed(w, jws.dump(right_claims, again))

    return make


def flattened(w: World) -> bytes:
    """The JWS JSON serialization, which RFC 7519 section 1 rules out."""
    head, body, mac = right(w).decode().split(".")
    return json.dumps({"protected": head, "payload": body, "signature": mac}).encode()


def of_size(size: int) -> Make:
    """A right assertion of exactly `size` characters, of which 65 are not the payload's."""

    def make(w: World) -> bytes:
        bare = claims(w, pad="")
        octets = (size - 65) * 3 // 4
        text = signed(w, jws.dump(bare | {"pad": "a" * (octets - len(jws.dump(bare)))}))
        assert len(text) == size
        return text

    return make


def escaped(name: str) -> str:
    r"""A member name spelled with a \u escape."""
    return f"\\u{ord(name[0]):04x}{name[1:]}"


BAD: dict[str, tuple[str, Make]] = {
    "one-part": (PARTS, with_text(lambda t: t.split(b".")[0])),
    "two-parts": (PARTS, with_text(lambda t: t.rpartition(b".")[0])),
    "four-parts": (PARTS, with_text(lambda t: t + b".AAAA")),
    "five-parts-as-jwe": (PARTS, with_text(lambda t: t + b".AAAA.AAAA")),
    "dot-at-end": (PARTS, with_text(lambda t: t + b".")),
    "dots-only": (PARTS, lambda _: b".."),
    "a-word": (PARTS, lambda _: b"nonsense"),
    "empty-header": (PARTS, with_text(lambda t: b"." + t.partition(b".")[2])),
    "empty-payload": (PARTS, lambda w: signed(w, b"")),
    "empty-signature": (PARTS, with_text(lambda t: t.rpartition(b".")[0] + b".")),
    "json-serialization": (PARTS, flattened),
    "space-before": (BASE64URL, with_text(lambda t: b" " + t)),
    "space-after": (BASE64URL, with_text(lambda t: t + b" ")),
    "newline-after": (BASE64URL, with_text(lambda t: t + b"\n")),
    "newline-inside": (BASE64URL, with_text(lambda t: t[:10] + b"\r\n" + t[10:])),
    "null-octet-after": (BASE64URL, with_text(lambda t: t + b"\0")),
    "not-ascii": (BASE64URL, with_text(lambda t: t[:-1] + "é".encode())),
    "full-width-digit": (BASE64URL, with_text(lambda t: t + "\uff11".encode())),
    "signature-padded": (BASE64URL, with_text(lambda t: t + b"=")),
    "all-padded": (BASE64URL, padded_parts),
    "standard-alphabet": (BASE64URL, standard_alphabet),
    "signature-other-last-bits": (BASE64URL, with_text(other_last_bits)),
    "impossible-length": (BASE64URL, with_text(lambda t: t + b"AA")),
    "signature-shortened": (VALIDATION, with_text(lambda t: t[:-4])),
    "signature-lengthened": (VALIDATION, with_text(lambda t: t + b"AAAA")),
    "signature-of-nothing": (
        VALIDATION,
        with_text(lambda t: t.rpartition(b".")[0] + b"." + b"A" * 43),
    ),
    "over-8-kib": (VALIDATION, of_size(SIZE_LIMIT + 1)),
    "nine-kib": (VALIDATION, with_claims(pad="a" * 7000)),
    "payload-array": (JWT, lambda w: signed(w, b"[" + jws.dump(claims(w)) + b"]")),
    "payload-string": (JWT, lambda w: signed(w, b'"claims"')),
    "payload-number": (JWT, lambda w: signed(w, b"5")),
    "payload-null": (JWT, lambda w: signed(w, b"null")),
    "payload-empty-object": (JWT, lambda w: signed(w, b"{}")),
    "payload-not-json": (JWT, with_payload(lambda p: p.replace(b'"', b"'"))),
    "payload-trailing-comma": (JWT, with_payload(lambda p: p[:-1] + b",}")),
    "payload-two-documents": (JWT, with_payload(lambda p: p + b"{}")),
    "payload-cut-off": (JWT, with_payload(lambda p: p[:-1])),
    "payload-byte-order-mark": (JWT, with_payload(lambda p: b"\xef\xbb\xbf" + p)),
    "payload-utf-16": (JWT, with_payload(lambda p: p.decode().encode("utf-16-le"))),
    "payload-bad-utf-8": (JWT, with_payload(lambda p: p[:-1] + b',"x":"\xff"}')),
    "payload-overlong-utf-8": (JWT, with_payload(lambda p: p[:-1] + b',"x":"\xc0\x80"}')),
    "payload-surrogate-octets": (JWT, with_payload(lambda p: p[:-1] + b',"x":"\xed\xa0\x80"}')),
    "payload-nested-deep": (JWT, with_claims(x=jws.Literal("[" * DEEP + "]" * DEEP))),
    "payload-nested-deep-never-closed": (JWT, lambda w: signed(w, b'{"x":' * 1000)),
    "payload-nested-5000": (JWT, with_claims(x=jws.Literal("[" * 5000 + "]" * 5000))),
    "payload-nan": (JWT, with_claims(x=jws.Literal("NaN"))),
    "payload-infinity": (JWT, with_claims(x=jws.Literal("-Infinity"))),
    "payload-lone-surrogate": (JWT, with_claims(x=jws.Literal('"\\ud800"'))),
    "payload-lone-surrogate-name": (JWT, with_claims('"\\udfff":1')),
    "payload-nul": (JWT, with_claims(x="a\0b")),
    "payload-nul-in-array": (JWT, with_claims(x=[5, "a\0b"])),
    "payload-nul-in-name": (JWT, with_claims(x={"a\0b": 5})),
    "payload-nul-in-object": (JWT, with_claims(x={"a": [None, {"b": "a\0b"}]})),
    "payload-number-out-of-range": (JWT, with_claims(x=jws.Literal("1e400"))),
    "header-array": (JWT, with_header_text(b'["HS256"]')),
    "header-string": (JWT, with_header_text(b'"HS256"')),
    "header-not-json": (JWT, with_header_text(b"alg=HS256")),
    "header-byte-order-mark": (JWT, with_header_text(b'\xef\xbb\xbf{"alg":"HS256"}')),
    "header-bad-utf-8": (JWT, with_header_text(b'{"alg":"HS256","kid":"\xff"}')),
    "header-utf-16": (JWT, with_header_text('{"alg":"HS256"}'.encode("utf-16-le"))),
    "header-nested-deep": (
        JWT,
        with_header_text(b'{"alg":"HS256","kid":' + b"[" * 1500 + b"]" * 1500 + b"}"),
    ),
    "header-empty-object": (JWT, with_header_text(b"{}")),
    "claim-twice-jti": ("RFC 7519 section 4", twice("jti")),
    "claim-twice-exp": ("RFC 7519 section 4", twice("exp")),
    "claim-twice-iss": ("RFC 7519 section 4", twice("iss")),
    "claim-twice-unknown": ("RFC 7519 section 4", with_claims('"x":1,"x":2')),
    "claim-twice-escaped": ("RFC 7519 section 4", twice("jti", escaped("jti"))),
    "claim-twice-inside": ("RFC 7519 section 4", with_claims('"x":{"a":1,"a":1}')),
    "header-twice-alg": ("RFC 7515 section 4", with_header_text(b'{"alg":"HS256","alg":"HS256"}')),
    "header-twice-alg-none": (
        "RFC 7515 section 4",
        with_header_text(b'{"alg":"none","alg":"HS256"}'),
    ),
    "header-twice-kid": (
        "RFC 7515 section 4",
        with_header_text(b'{"alg":"HS256","kid":"a","kid":"a"}'),
    ),
}


@cases(BAD)
def test_ill_formed_assertion_is_refused(make: Make, world: World, refused: Answer) -> None:
    request = by_jwt(make(world))
    assertion_refusal(send(world.service.port, request), request, refused)


@pytest.mark.clause(VALIDATION)
def test_assertion_of_8_kib_is_accepted(world: World) -> None:
    answer = send(world.service.port, by_jwt(of_size(SIZE_LIMIT)(world)))
    assert answer.status == 200, answer
