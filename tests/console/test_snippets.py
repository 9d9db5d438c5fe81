"""What the page of a new secret offers for pasting runs as it stands there."""

import html
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.console.conftest import Open
from tests.people import Person

# The package asks its own host alone (tests/interop has it do so); here: does it take the words?
NAMED_ALONE = """import inspect, spatiafi
takes = inspect.signature(spatiafi.get_session)
spatiafi.get_session = lambda **given: print(takes.bind(**given))
"""
PROGRAMS = {
    "curl": ["bash", "-ec", "{}"],
    "python-sdk": [sys.executable, "-c", "{}"],
    "python-spatiafi": [sys.executable, "-c", NAMED_ALONE + "{}"],
    "node": ["node", "--input-type=module", "-e", "{}\nconsole.log(access_token.length)"],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_snippet_runs_as_it_stands(browse: Open, someone: Person, name: str) -> None:
    if shutil.which(PROGRAMS[name][0]) is None:
        pytest.skip("needs Node")
    _, page = browse(someone).new_credential(name="snippets")
    texts = re.findall(r'<pre id="([\w-]+)"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    snippets = {found: html.unescape(text) for found, text in texts}
    exports = dict(re.findall(r"export (\w+)=(\S+)", snippets["environment"]))
    *program, text = PROGRAMS[name]
    done = subprocess.run(
        [*program, text.replace("{}", snippets[name])],
        env={**os.environ, **exports},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "error" not in done.stdout
