"""The page of clauses is what the tests are: nobody edits it, and no clause goes missing unseen."""

import subprocess
import sys
from pathlib import Path

from tests.conformance import PAGE

ROOT = Path(__file__).parents[1]


def test_conformance_page_is_current(tmp_path: Path) -> None:
    fresh = tmp_path / "conformance.md"
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*collect, "--write-conformance", f"--conformance-page={fresh}", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    written = (ROOT / PAGE).read_text("utf-8")
    assert fresh.read_text("utf-8") == written, (
        f"run `pytest --collect-only --write-conformance` to write {PAGE} anew"
    )
