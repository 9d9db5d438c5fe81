"""The documentation site builds without a warning, and brings all that it shows with it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import site
from tokenhouse.oauth.errors import OAuthError

OUTSIDE = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\"' >]+"
    r"|url\([\"']?(?:https?:)?//[^)]+|@import\s+[\"'](?:https?:)?//[^\"']+"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` does."""
    home = tmp_path_factory.mktemp("site")
    site.write(home / "build" / "pages")
    shutil.copy(site.ROOT / "zensical.toml", home)
    program = Path(sys.executable).with_name("zensical")
    done = subprocess.run(
        [program, "build", "--strict"], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "build" / "site"


def test_site_fetches_nothing_from_elsewhere(built: Path) -> None:
    texts = [one for one in built.rglob("*") if one.suffix in {".html", ".css"}]
    assert len(texts) > 30
    found = {(one.name, what) for one in texts for what in OUTSIDE.findall(one.read_text("utf-8"))}
    own = {(name, what) for name, what in found if "canonical" in what}
    assert found - own == set()


def test_reference_has_every_operation_and_every_command(built: Path) -> None:
    rest = (built / "docs" / "reference" / "rest" / "index.html").read_text("utf-8")
    for name in ("POST /api/v1/auth/jwt/token", "GET /api/v1/clients/{client_id}/token-counts"):
        assert name in rest
    commands = (built / "docs" / "reference" / "command-line" / "index.html").read_text("utf-8")
    for name in (
        "tokenhouse serve",
        "tokenhouse credential rotate",
        "tokenhouse audit verify",
        "th login",
    ):
        assert name in commands


def test_every_error_has_its_cause_and_cure() -> None:
    page = (site.ROOT / "docs" / "errors.md").read_text("utf-8")
    kinds = [OAuthError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    missing = {kind.code for kind in kinds if f"| `{kind.code}` |" not in page}
    assert missing == set()
