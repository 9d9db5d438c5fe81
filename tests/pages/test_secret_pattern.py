"""The pattern for secret scanners that docs/secrets.md publishes."""

import re
from pathlib import Path

from tests.conftest import MakeCredential

DOCUMENT = Path(__file__).parents[2] / "docs" / "secrets.md"


def test_published_pattern_finds_secrets_and_nothing_longer(credential: MakeCredential) -> None:
    found = re.search(r"```regex\n(.+)\n```", DOCUMENT.read_text("utf-8"))
    assert found is not None
    pattern, secret = re.compile(found[1]), credential().client_secret
    assert pattern.findall(f'{{"client_secret":"{secret}"}} {secret}-') == [secret]
    assert len(secret) == 64
