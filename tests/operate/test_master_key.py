"""The master key from a file, the environment or a command; what no way of giving it may do."""

import stat
import sys
from pathlib import Path

import pytest

from tests.cli.process import run

KEY = "A" * 42 + "E="
OTHER = "B" * 42 + "E="
SECRET = "do-not-tell"  # noqa: S105 - it opens nothing


def program(tmp_path: Path, text: str) -> str:
    """A program of the operator's that does this, as the setting names it."""
    file = tmp_path / "vault"
    file.write_text(f"#!{sys.executable}\n{text}\n")
    file.chmod(stat.S_IRWXU)
    return str(file)


def given_by(tmp_path: Path, way: str) -> dict[str, str]:
    """The setting that gives KEY in this way."""
    if way == "environment":
        return {"master_keys": f"{KEY}\n{OTHER}"}
    return {"master_key_command": program(tmp_path, f"print({KEY!r}); print({OTHER!r})")}


@pytest.mark.parametrize("way", ["environment", "command"])
def test_installation_lives_on_a_key_from_outside(tmp_path: Path, way: str) -> None:
    settings = given_by(tmp_path, way)
    refused = run(tmp_path, "user", "list", settings=settings)
    assert refused.returncode == 1
    assert "tokenhouse: the database " in refused.stderr
    assert "run: tokenhouse db upgrade" in refused.stderr
    made = run(tmp_path, "db", "upgrade", settings=settings)
    assert made.returncode == 0, made.stderr
    assert not (tmp_path / "tokenhouse-data" / "master.key").exists()
    for command in (("key", "list"), ("db", "check"), ("key", "rewrap")):
        done = run(tmp_path, *command, settings=settings)
        assert done.returncode == 0, done.stderr
    other = run(tmp_path, "key", "list", settings={"master_keys": OTHER})
    assert "the master key is not this database's" in other.stderr
    renewed = run(tmp_path, "key", "rewrap", settings={"master_keys": f"{OTHER} {KEY}"})
    assert renewed.returncode == 0, renewed.stderr
    assert run(tmp_path, "key", "list", settings={"master_keys": OTHER}).returncode == 0
    new = run(tmp_path, "key", "rewrap", "--new-master-key", settings={"master_keys": OTHER})
    assert new.returncode == 1
    assert "are not kept here; put the new one first there" in new.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"import sys; print({SECRET!r}); print({SECRET!r}, file=sys.stderr); sys.exit(3)", "3"),
        (f"print({SECRET!r})", "are no keys of 32 octets in base64url"),
        (f"print({SECRET!r} * 5000)", "says too much"),
        (f"print({KEY!r}); print({SECRET!r})", "are no keys of 32 octets in base64url"),
        ("", "are no keys of 32 octets in base64url"),
    ],
)
def test_what_a_command_says_is_never_repeated(tmp_path: Path, text: str, says: str) -> None:
    settings = {"master_key_command": program(tmp_path, text)}
    done = run(tmp_path, "db", "upgrade", settings=settings)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert not (tmp_path / "tokenhouse-data" / "tokenhouse.db").exists()


def test_command_that_is_not_there_or_never_ends(tmp_path: Path) -> None:
    done = run(tmp_path, "db", "upgrade", settings={"master_key_command": "/nowhere/vault get"})
    assert "master_key_command cannot be run: No such file or directory; " in done.stderr
    sleeper = program(tmp_path, "import time; time.sleep(60)")
    late = run(tmp_path, "db", "upgrade", settings={"master_key_command": sleeper})
    assert "master_key_command did not end within 10 seconds; " in late.stderr


def test_no_shell_reads_the_command(tmp_path: Path) -> None:
    settings = {"master_key_command": f"/bin/echo {KEY};touch there $(touch there)"}
    done = run(tmp_path, "db", "upgrade", settings=settings)
    assert done.returncode == 1
    assert not (tmp_path / "there").exists()


def test_one_way_at_a_time(tmp_path: Path) -> None:
    both = {"master_keys": KEY, "master_key_file": "key"}
    done = run(tmp_path, "config", "check", settings=both)
    assert "give one of master_key_file, master_keys, master_key_command" in done.stderr
    shown = run(tmp_path, "config", "show", settings={"master_keys": KEY})
    assert shown.returncode == 0
    assert KEY not in shown.stdout
