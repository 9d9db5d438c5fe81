"""`tokenhouse doctor`: what is wrong with this installation, and the fix."""
# ruff: noqa: PLC0415 - because --help must be quick, heavy rooms are imported inside commands

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import typer

from tokenhouse.cli.place import Place, at_place
from tokenhouse.cli.terminal import Json, fail, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenhouse.manage.doctor import Finding


_SECONDS = 60.0  # for each slow look


@at_place
def doctor(place: Place, *, json: Json = False) -> None:
    """Say what is wrong here, and the fix.

    It looks, and changes nothing.

    Example: tokenhouse doctor
    """
    from tokenhouse.context import clock
    from tokenhouse.manage.doctor import examine, finding
    from tokenhouse.settings import SettingsError

    try:
        found = examine(place.read().settings, clock, _SECONDS)
    except SettingsError as error:
        found = iter([finding(str(error), "set it right; docs/settings.md lists what fits")])
    report(found, place, json=json)


def report(findings: "Iterable[Finding]", place: Place, *, json: bool) -> None:
    """Print the findings, each with its fix; fail if there is one."""
    from tokenhouse.manage.doctor import Unseen

    every = [replace(one, fix=place.complete(one.fix)) for one in findings]
    unseen = [one for one in every if isinstance(one, Unseen)]
    found = [one for one in every if one not in unseen]
    if json:
        more = {"unseen": [asdict(one) for one in unseen]} if unseen else {}
        print_json({"ok": not found, "findings": [asdict(one) for one in found], **more})
    elif not every:
        typer.echo("All is well.")
    for one in () if json else every:
        typer.echo(f"{one.problem}\n  {one.fix}")
    if found:
        fail(f"problems found: {len(found)}; standard output lists each with its fix")
