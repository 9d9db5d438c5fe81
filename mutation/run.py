"""Kill mutants of the protocol rooms with the tests that speak of them.

    python -m mutation.run [--sample N] [--seed S] [--only MODULE] [--workers N] [--json FILE]

A mutant is killed when a test fails, the server does not start, or the tests take too long. Exits
0 when at least 90 % are killed, and lists those that live.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
ROOMS = ("client_auth", "oauth", "tokens", "sign_in.py")
LEAST_KILLED = 0.9
SECONDS = 900  # that the tests of one mutant may take
ASSERTIONS = [
    "protocol/test_assertion_accepted.py",
    "protocol/test_assertion_claims.py",
    "protocol/test_assertion_text.py",
    "protocol/test_assertion_header.py",
    "protocol/test_replay.py",
]
CLIENTS = [
    "protocol/test_client_authentication.py",
    "protocol/test_client_methods.py",
    "protocol/test_forms_accepted.py",
]
TOKENS = [
    "protocol/test_access_token.py",
    "protocol/test_bearer.py",
    "protocol/test_revocation.py",
]
SIGN_IN = ["protocol/test_password_grant.py", "protocol/test_basic_token.py"]
LAST = ["hostile/test_catalogue.py", "api"]  # long, but sharp: only what still lives sees them
TESTS: dict[str, list[str]] = {
    "client_auth/": [*CLIENTS, *ASSERTIONS, "protocol/test_documents.py"],
    "oauth/asked.py": ["protocol/test_forms_accepted.py", "protocol/test_forms.py", *CLIENTS],
    "oauth/basic.py": ["protocol/test_basic_token.py", *CLIENTS],
    "oauth/bearer.py": ["protocol/test_bearer.py"],
    "oauth/errors.py": [*CLIENTS, *SIGN_IN, "protocol/test_scope.py", "protocol/test_forms.py"],
    "oauth/jwt_claims.py": [*ASSERTIONS, "protocol/test_bearer.py"],
    "oauth/scope.py": ["protocol/test_scope.py"],
    "oauth/": [*CLIENTS, *TOKENS, *SIGN_IN, "protocol"],
    "tokens/": [*TOKENS, "protocol/test_scope.py"],
    "sign_in.py": SIGN_IN,
}


@dataclass(frozen=True)
class Tried:
    """A mutant and whether a test noticed."""

    module: str
    mutant: Mutant
    killed: bool


def modules() -> list[str]:
    """The modules of the rooms, below the package."""
    package = SOURCE / "tokenhouse"
    files = [file for room in ROOMS for file in [package / room, *(package / room).rglob("*.py")]]
    return [file.relative_to(package).as_posix() for file in files if file.suffix == ".py"]


def tests_of(module: str) -> list[str]:
    """The test files that speak of a module, the likeliest first."""
    names = next(names for start, names in TESTS.items() if module.startswith(start))
    found = [ROOT / "tests" / name for name in dict.fromkeys([*names, *LAST])]
    return [str(file) for file in found if file.exists()]


class BaselineError(Exception):
    """The tests fail without any mutant, so that a failure would mean nothing."""


def baseline(names: set[str]) -> None:
    """See that the tests of these modules pass on the source as it is; raises BaselineError."""
    for module in sorted({tuple(tests_of(name)): name for name in names}.values()):
        source = (SOURCE / "tokenhouse" / module).read_text("utf-8")
        if kill(module, Mutant(0, "", "", source)).killed:
            raise BaselineError(f"the tests of {module} fail without any mutant")


def kill(module: str, mutant: Mutant) -> Tried:
    """Run the tests on a copy of the source with this mutant in it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
        Path(folder, "tokenhouse", module).write_text(mutant.source, "utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "no:randomly", "--database", "sqlite", *tests_of(module)]
        try:
            done = subprocess.run(  # noqa: S603 - the command is ours
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Tried(module, mutant, killed=True)
    return Tried(module, mutant, killed=done.returncode != 0)


def tell(tried: Tried) -> None:
    """Say how one mutant fared."""
    fate, where = "killed" if tried.killed else "LIVES ", f"{tried.module}:{tried.mutant.line}"
    sys.stdout.write(f"{fate} {where}  {tried.mutant.was}  →  {tried.mutant.now}\n")
    sys.stdout.flush()


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m mutation.run", description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="try so many of them (0: all)")
    parser.add_argument("--seed", type=int, default=1, help="which sample (%(default)s)")
    parser.add_argument("--only", default="", help="modules whose name starts so")
    parser.add_argument("--workers", type=int, default=2, help="at once (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the result here")
    return parser.parse_args()


def main() -> int:
    """Try the mutants."""
    chosen = options()
    found = [
        (module, mutant)
        for module in modules()
        if module.startswith(chosen.only)
        for mutant in mutants((SOURCE / "tokenhouse" / module).read_text("utf-8"))
    ]
    if chosen.sample:
        choose = random.Random(chosen.seed)  # noqa: S311 - a sample that can be drawn again
        found = choose.sample(found, min(chosen.sample, len(found)))
    baseline({module for module, _ in found})
    tried: list[Tried] = []
    with ThreadPoolExecutor(chosen.workers) as pool:
        for one in pool.map(kill, *zip(*found, strict=True)):
            tried.append(one)
            tell(one)
    killed = sum(one.killed for one in tried)
    sys.stdout.write(f"{killed} of {len(tried)} killed ({killed / len(tried):.1%})\n")
    if chosen.json:
        rows = [
            {
                "module": t.module,
                "killed": t.killed,
                "line": t.mutant.line,
                "was": t.mutant.was,
                "now": t.mutant.now,
            }
            for t in tried
        ]
        chosen.json.write_text(json.dumps(rows, indent=1), "utf-8")
    return 0 if killed >= LEAST_KILLED * len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
