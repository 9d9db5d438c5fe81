"""Every fenced block of README and docs runs as it stands there, page by page, from top to bottom.

`sh`, `python`, `js` (by Node) and `go` blocks of a page share one folder, one server and one
credential; the address and the account that a page shows are replaced by the server's own. `sql` is
sent to a PostgreSQL. `json`, `toml` and `yaml` blocks must parse, `nginx` is read by nginx in
`make deploy-check`; a block without a language is a listing for the eye.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
import yaml

from tests.conftest import MakePerson
from tests.people import Credential, add_credential
from tests.postgresql import PostgreSQL
from tests.service import Service

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("bench/*.md"),
        ROOT / "sdk/README.md",
    ]
)
PROGRAMS = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "js": ["node", "--input-type=module", "-e"],
    "go": ["bash", "-c", 'cat <<< "$0" > main.go && exec go run main.go'],
}
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
WHERE_THERE = {"js": "node", "go": "go"}
SHOWN_ADDRESS, SHOWN_EMAIL = "http://127.0.0.1:8000", "you@example.com"


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page: language and text."""
    found = FENCE.findall(page.read_text("utf-8"))
    return [(language, dedent(text)) for _, language, text in found]


def run(language: str, text: str, folder: Path, service: Service, app: Credential) -> None:
    """Run one block; raises AssertionError with what it printed if it fails."""
    text = text.replace(SHOWN_ADDRESS, service.url).replace(SHOWN_EMAIL, app.owner.email)
    where = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*PROGRAMS[language], text],
        cwd=folder,
        env={
            **os.environ,
            "PATH": where,
            "PASSWORD": app.owner.password,
            "GOCACHE": str(folder / "go"),
            "XDG_CONFIG_HOME": str(folder),  # where th keeps what it is given
            "TOKENHOUSE_URL": service.url,
            "TOKENHOUSE_CLIENT_ID": app.client_id,
            "TOKENHOUSE_CLIENT_SECRET": app.client_secret,
            "TOKENHOUSE_DATA_DIR": str(service.data_dir),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    assert '"error"' not in done.stdout, done.stdout


def send(text: str) -> None:
    """Send SQL statements to a PostgreSQL of their own, each by itself."""
    with (
        closing(PostgreSQL().create()) as server,
        psycopg.connect(server.url(), autocommit=True) as connection,
    ):
        for statement in filter(str.strip, text.split(";")):
            connection.execute(statement.encode())


@pytest.mark.on_sqlite  # as who follows a page begins
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_on_a_page_runs(
    page: Path, tmp_path: Path, service: Service, person: MakePerson
) -> None:
    found = blocks(page)
    assert page.read_text("utf-8").count("\n```") % 2 == 0, "a fence is not closed"
    app = (
        add_credential(service, person())
        if any(language in PROGRAMS for language, _ in found)
        else None
    )
    for language, text in found:
        if language == "json":
            json.loads(text)
        elif language == "toml":
            tomllib.loads(text)
        elif language == "yaml":
            yaml.safe_load(text)
        elif language == "sql":
            send(text)
        elif language in WHERE_THERE and shutil.which(WHERE_THERE[language]) is None:
            continue  # .ci/run has both
        elif language in PROGRAMS and app is not None:
            run(language, text, tmp_path, service, app)
