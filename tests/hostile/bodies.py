"""JSON that is not quite JSON, too deep, too much, or of members that are not the sender's."""

import json
from collections.abc import Callable

from tests.hostile.table import Hostile, Sent, built
from tests.people import CLIENTS, ME
from tests.protocol.table import World
from tests.raw import Request

JSON = "application/json"
TEXT = "RFC 8259"
STRICT = "RFC 8725 section 3.3"
DEEP = b"[" * 20_000 + b"]" * 20_000


def post(body: bytes, media_type: str = JSON, method: str = "POST", path: str = CLIENTS) -> Sent:
    """This body, with a good token."""
    return built(
        lambda w: Request(
            method, path, (*w.someone.bearer.items(), ("Content-Type", media_type)), body
        )
    )


def member(name: str, value: object) -> Sent:
    """One member with this value."""
    return post(json.dumps({name: value}).encode())


def patch(body: bytes) -> Sent:
    """A change of the sender's own credential."""
    return built(
        lambda w: Request(
            "PATCH",
            f"{CLIENTS}/{w.app.client_id}",
            (*w.someone.bearer.items(), ("Content-Type", JSON)),
            body,
        )
    )


def query_of(query: str) -> Callable[[World], Request]:
    """The sender's own list, with this query."""
    return lambda w: Request("GET", f"{CLIENTS}?{query}", tuple(w.someone.bearer.items()))


def owned_by(w: World) -> Request:
    """A credential in another's name."""
    body = json.dumps({"owner_id": w.other.owner.id}).encode()
    return Request("POST", CLIENTS, (*w.someone.bearer.items(), ("Content-Type", JSON)), body)


TEXTS = {
    "cut": (TEXT, b'{"name":"a'),
    "open": (TEXT, b"{" * 30_000),
    "array-deep": ("CWE-674", DEEP),
    "member-deep": ("CWE-674", b'{"name":' + DEEP + b"}"),
    "objects-deep": ("CWE-674", b'{"a":' * 8000 + b"1" + b"}" * 8000),
    "twice": (STRICT, b'{"name":"a","name":"b"}'),
    "twice-escaped": (STRICT, b'{"name":"a","n\\u0061me":"b"}'),
    "nan": (TEXT, b'{"name":NaN}'),
    "infinity": (TEXT, b'{"name":-Infinity}'),
    "digits": ("CVE-2020-10735", b'{"name":' + b"9" * 60_000 + b"}"),
    "exponent": ("CWE-190", b'{"name":1e999999999}'),
    "comment": (TEXT, b'{/**/"name":"a"}'),
    "single-quotes": (TEXT, b"{'name':'a'}"),
    "trailing-comma": (TEXT, b'{"name":"a",}'),
    "second-document": (TEXT, b'{"name":"a"}{"disabled":true}'),
    "after-nul": ("CWE-158", b'{"name":"a"}\0'),
    "control": (TEXT, b'{"name":"a\x01b"}'),
    "not-utf-8": ("RFC 3629 section 3", b'{"name":"\xff"}'),
    "overlong": ("RFC 3629 section 10", b'{"name":"\xc0\xae"}'),
    "utf-16": (TEXT, '{"name":"a"}'.encode("utf-16")),
    "utf-32": (TEXT, '{"name":"a"}'.encode("utf-32")),
    "byte-order-mark": (TEXT, b'\xef\xbb\xbf{"name":"a"}'),
    "nul": ("CWE-158", b'{"name":"a\\u0000b"}'),
    "surrogate": ("CWE-176", b'{"name":"\\ud800"}'),
    "array": (TEXT, b"[]"),
    "text": (TEXT, b'"name"'),
    "null-member": (TEXT, b'{"name":null}'),
    "prototype": ("CWE-1321", b'{"__proto__":{"is_superuser":true}}'),
    "class": ("CWE-502", b'{"__class__":"os.system"}'),
    "user-id": ("CWE-915", b'{"user_id":"00000000-0000-0000-0000-000000000000"}'),
    "client-id": ("CWE-915", b'{"client_id":"00000000-0000-0000-0000-000000000000"}'),
    "client-secret": ("CWE-915", b'{"client_secret":"ths_mine"}'),
    "superuser": ("CWE-915", b'{"is_superuser":true}'),
    "may-introspect": ("CWE-915", b'{"may_introspect":true}'),
    "created-at": ("CWE-915", b'{"created_at":"2000-01-01T00:00:00Z"}'),
    "generation": ("CWE-915", b'{"generation":-1}'),
}
MEMBERS: list[tuple[str, object]] = [
    ("name", 5),
    ("name", True),
    ("name", ["a"]),
    ("name", "a" * 201),
    ("description", "a" * 2001),
    ("owner_id", {"$ne": None}),
    ("owner_id", "\0"),
    ("expires_at", "tomorrow"),
    ("expires_at", -1),
    ("expires_at", "2030-01-01T00:00:00"),
    ("expires_at", "99999-01-01T00:00:00Z"),
    ("expires_at", 1e300),
    ("auth_methods", []),
    ("auth_methods", ["none"]),
    ("auth_methods", "client_secret_basic"),
    ("auth_methods", ["client_secret_basic"] * 2000),
]
PASSWORDS = [
    b'{"current_password":"a"}',
    b'{"current_password":"a","new_password":5}',
    b'{"current_password":"a","new_password":"\\u0000aaaaaaaaaaaaaaa"}',
    b'{"current_password":["a"],"new_password":"bbbbbbbbbbbbbbbb"}',
]
ROWS = [
    *(
        Hostile(f"json-{name}", source, post(body), (422,))
        for name, (source, body) in TEXTS.items()
    ),
    *(
        Hostile(f"json-{name}-{n}", "contract section 1.4", member(name, value), (422,))
        for n, (name, value) in enumerate(MEMBERS)
    ),
    *(
        Hostile(
            f"password-{n}",
            "contract section 1.4",
            post(body, JSON, "PUT", f"{ME}/password"),
            (422,),
        )
        for n, body in enumerate(PASSWORDS)
    ),
    Hostile("json-as-text", "CVE-2021-32677", post(b'{"name":"a"}', "text/plain"), (422,)),
    Hostile(
        "json-as-form",
        "CVE-2021-32677",
        post(b'{"name":"a"}', "application/x-www-form-urlencoded"),
        (422,),
    ),
    Hostile("json-without-type", "CVE-2021-32677", post(b'{"name":"a"}', ""), (422,)),
    Hostile(
        "multipart",
        "CVE-2023-30798",
        post(b"--a\r\n" * 10_000, "multipart/form-data; boundary=a"),
        (422,),
    ),
    Hostile("owner-of-another", "CWE-639", built(owned_by), (403,)),
    Hostile("patch-may-introspect", "CWE-269", patch(b'{"may_introspect":true}'), (403,)),
    Hostile(
        "patch-parent",
        "CWE-639",
        patch(b'{"parent_id":"00000000-0000-0000-0000-000000000000"}'),
        (422,),
    ),
    Hostile("patch-unknown", "CWE-915", patch(b'{"client_id":"a"}'), (422,)),
    *(
        Hostile(
            f"list-{n}",
            "CWE-20",
            built(query_of(query)),
            (422,),
        )
        for n, query in enumerate(
            (
                "limit=0",
                "limit=-1",
                "limit=1e9",
                "limit=9" * 20,
                "limit=1%00",
                "limit=5&after=%00",
                "limit=5&after=AAAA",
                "limit=5&after=%F0%9F%98%80",
            )
        )
    ),
]
