"""What `th` says and reads: one way to fail, tables and JSON, colours on a terminal alone."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Annotated, Any, NoReturn

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def fail(message: str) -> NoReturn:
    """End with exit code 1 and one line on standard error: why, and what to do."""
    typer.echo(f"th: {printable(message)}", err=True)
    sys.exit(1)


def printable(value: object) -> str:
    """Write a value on one line; what a service sent must not steer the terminal."""
    line = " ".join(str(value).split())
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def coloured(text: str, colour: str) -> str:
    """Colour a text; Typer leaves the colour out where no terminal reads it."""
    return text if "NO_COLOR" in os.environ else typer.style(text, fg=colour)


def print_json(value: object) -> None:
    """Print `value` as JSON."""
    typer.echo(json.dumps(value, indent=2))


def print_table(rows: Iterable[Iterable[object]]) -> None:
    """Print rows in columns as wide as they need to be; a coloured last column needs no width."""
    cells = [[printable(cell) for cell in row[:-1]] + [str(row[-1])] for row in map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join([*map(str.ljust, row[:-1], widths), row[-1]])
        typer.echo(line.rstrip())


def print_members(members: dict[str, Any]) -> None:
    """Print an object, a member a line."""
    print_table((name, printable(value)) for name, value in members.items())


def ask_email() -> str:
    """Ask for the e-mail address."""
    if not sys.stdin.isatty():
        fail("there is no terminal to ask for the e-mail address; give --email")
    return str(typer.prompt("E-mail", err=True))


def ask_password(*, from_stdin: bool) -> str:
    """Ask for the password without showing it, or read all of standard input less a line end."""
    if not from_stdin and sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, err=True))
    if not from_stdin:
        fail("there is no terminal to ask for the password; pipe it to --password-stdin")
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        fail("the password is not UTF-8")
