"""A service that takes reports of leaked secrets, the mail that it sends, and the signed report.

The published example is from GitHub's documentation of its secret scanning partner program.
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.console.browser import Browser
from tests.documents.spec import Spec
from tests.documents.test_answers import hold
from tests.mailbox import Mailbox
from tests.people import Credential, Person, add_credential, add_person
from tests.service import Service

LEAKS = "/api/v1/leaks"
TOKEN = secrets.token_urlsafe(32)
BY_TOKEN = {"Authorization": f"Bearer {TOKEN}"}
KEY, OTHER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
SOMEWHERE = "https://git.example.com/shop/blob/main/settings.py"
JSON = {"Content-Type": "application/json"}
EXAMPLE_KEY = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\n"
    "HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==\n"
    "-----END PUBLIC KEY-----"
)
EXAMPLE = {
    "Github-Public-Key-Identifier": (
        "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d"
    ),
    "Github-Public-Key-Signature": (
        "MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY="
    ),
}
EXAMPLE_BODY = (
    b'[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]'
)
Json = dict[str, Any]


def pem(key: Any) -> str:
    """The public half of a key."""
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


def listed(**keys: str) -> str:
    """A list of public keys as GitHub gives it."""
    return json.dumps(
        {
            "public_keys": [
                {"key_identifier": name, "key": key, "is_current": True}
                for name, key in keys.items()
            ]
        }
    )


KEYS = listed(
    **{
        "ours": pem(KEY),
        "rsa": pem(rsa.generate_private_key(65537, 2048)),
        "p-384": pem(ec.generate_private_key(ec.SECP384R1())),
        EXAMPLE["Github-Public-Key-Identifier"]: EXAMPLE_KEY,
    }
)


@dataclass
class Desk:
    """A service that takes reports, and the mail that it sends."""

    service: Service
    http: httpx.Client
    mailbox: Mailbox
    authority: trustme.CA
    keys: Path
    spec: Spec

    def report(self, *found: str, headers: Mapping[str, str] = BY_TOKEN) -> httpx.Response:
        """Report what was found."""
        body = [entry(text) for text in found]
        answer = self.http.post(LEAKS, json=body, headers=headers)
        hold(self.spec, self.spec.operation(f"POST {LEAKS}"), answer)
        return answer

    def labels(self, *found: str) -> list[str]:
        """What a report says that each was."""
        return [one["label"] for one in self.report(*found).json()]

    @cached_property
    def somebody(self) -> Credential:
        """App credentials that no report ends."""
        return self.credential()

    def credential(self) -> Credential:
        """App credentials of a fresh person."""
        return add_credential(self.service, add_person(self.service), name="nightly import")

    def events(self, person: Person) -> list[Json]:
        """What a person's events say of leaks."""
        found = self.http.get("/api/v1/audit-events", headers=person.bearer).json()
        return [event for event in found if event["action"].endswith(".leaked")]

    def mail_to(self, person: Person) -> str:
        """The one message that a person has got, once it is there."""
        until = time.monotonic() + 30
        while not (found := [one for one in self.mailbox.received if one["To"] == person.email]):
            assert time.monotonic() < until, self.service.log
            time.sleep(0.05)
        (message,) = found
        text: str = message.get_content()
        return text

    def notice(self, person: Person) -> bool:
        """Whether the console tells the person of a leak."""
        browser = Browser(self.service).sign_in(person)
        page = browser.get("/credentials").text
        browser.http.close()
        return "has leaked" in page


def entry(text: object, **members: object) -> Json:
    """One entry of a report."""
    usual = {"token": text, "type": "tokenhouse_client_secret", "url": SOMEWHERE}
    return {**usual, "source": "content", **members}


def signed(body: bytes, key: ec.EllipticCurvePrivateKey = KEY, name: str = "ours") -> Json:
    """The headers that sign a body."""
    signature = base64.b64encode(key.sign(body, ec.ECDSA(SHA256()))).decode()
    return {"Github-Public-Key-Identifier": name, "Github-Public-Key-Signature": signature}
