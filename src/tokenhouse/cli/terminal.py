"""What a command says and reads: one way to fail, tables and JSON, passwords."""

import json
import sys
from collections.abc import Iterable
from typing import Annotated, NoReturn

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def fail(message: str) -> NoReturn:
    """End with exit code 1 and one line on standard error: why, and what to do."""
    line = " ".join(message.split())
    shown = "".join(letter if letter.isprintable() else "?" for letter in line)
    typer.echo(f"tokenhouse: {shown}", err=True)
    raise typer.Exit(1)


def print_json(value: object) -> None:
    """Print `value` as JSON."""
    typer.echo(json.dumps(value, indent=2))


def print_table(rows: Iterable[Iterable[object]]) -> None:
    """Print rows in columns as wide as they need to be."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(map(str.ljust, row, widths))
        typer.echo(line.rstrip())


def read_password(*, from_stdin: bool) -> str:
    """Read a password: all of standard input less one final line end, or a prompt.

    It never comes from an argument: other users of the machine can read those.
    """
    try:
        if from_stdin:
            text = sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
        elif sys.stdin.isatty():
            text = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
        else:
            fail("there is no terminal to ask for the password; pipe it to --password-stdin")
    except UnicodeDecodeError:
        fail("the password is not UTF-8; nothing was changed")
    if "\0" in text:
        fail("the password holds a NUL; nothing was changed")
    return text
