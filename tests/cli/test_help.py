"""Help, usage and version: every command explains itself and refuses what it does not know."""

from pathlib import Path

import pytest

from tests.cli.process import run

LEAVES = (
    "serve",
    "doctor",
    "user add",
    "user list",
    "user show",
    "user set-password",
    "user disable",
    "user enable",
    "user delete",
    "credential list",
    "credential create",
    "credential show",
    "credential change",
    "credential disable",
    "credential enable",
    "credential delete",
    "credential rotate",
    "credential secrets",
    "credential delete-secret",
    "credential keys",
    "credential set-keys",
    "credential remove-keys",
    "scope add",
    "scope list",
    "scope delete",
    "key list",
    "key rotate",
    "key rewrap",
    "webhook add",
    "webhook list",
    "webhook delete",
    "webhook deliveries",
    "webhook retry",
    "db upgrade",
    "db check",
)
GROUPS = ("user", "credential", "scope", "key", "webhook", "db")
SHOWING = (
    "doctor",
    "user list",
    "user show",
    "credential list",
    "credential show",
    "credential secrets",
    "scope list",
    "key list",
    "webhook list",
    "webhook deliveries",
    "db check",
)


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The help of every command."""
    home = tmp_path_factory.mktemp("help")
    pages: dict[str, str] = {}
    for name in ("", *GROUPS, *LEAVES):
        done = run(home, *name.split(), "--help")
        assert (done.returncode, done.stderr) == (0, ""), name
        pages[name] = done.stdout
    assert list(home.iterdir()) == []
    return pages


def test_every_command_has_an_example_that_names_it(helps: dict[str, str]) -> None:
    assert "Start here: tokenhouse serve" in helps[""]
    for name in (*GROUPS, *LEAVES):
        assert f"Example: tokenhouse {name}" in helps[name]


def test_every_command_can_be_told_where_the_installation_is(helps: dict[str, str]) -> None:
    for name in LEAVES:
        for option in ("--data-dir", "--database-url", "--config"):
            assert option in helps[name], name


def test_what_lists_or_shows_has_json(helps: dict[str, str]) -> None:
    assert [name for name in SHOWING if "--json" not in helps[name]] == []


def test_help_lists_every_command(helps: dict[str, str]) -> None:
    for name in LEAVES:
        group, _, command = name.rpartition(" ")
        assert f"\n  {command} " in helps[group]


def test_no_command_takes_a_password_as_an_argument(helps: dict[str, str]) -> None:
    assert [name for name, text in helps.items() if "--password " in text] == []


def test_the_version_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    name, version = done.stdout.split()
    assert name == "tokenhouse"
    assert version[0].isdecimal()


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("user",),
        ("bogus",),
        ("user", "bogus"),
        ("serve", "--bogus"),
        ("serve", "--port", "http"),
        ("user", "add"),
        ("user", "add", "you@example.com", "--password", "correct horse battery"),
        ("user", "show", "a@example.com", "b@example.com"),
        ("user", "show", b"\xff@example.com"),
        ("credential", "create"),
        ("credential", "list"),
        ("credential", "delete"),
        ("credential", "create", "--user", "you@example.com", "--name", "n" * 201),
        ("credential", "create", "--user", "you@example.com", "--name", "a\nb"),
    ],
    ids=repr,
)
def test_wrong_usage_ends_with_status_2_and_changes_nothing(
    tmp_path: Path, args: tuple[str | bytes, ...]
) -> None:
    done = run(tmp_path, *args)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "Usage: " in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
