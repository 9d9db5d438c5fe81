"""Reading the settings from flags, environment and file, and one line on what is wrong."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from tokenhouse.settings import OF_THE_SDK, PREFIX, Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT = "default"


class Loaded(NamedTuple):
    """The settings, and where each came from: `default`, the file, `environment` or `option`."""

    settings: Settings
    sources: Mapping[str, str]


def load(
    flags: Mapping[str, Any], config: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Loaded:
    """Read the settings from flags, environment and file.

    Args:
        flags: options given on the command line; None means not given.
        config: TOML file, if any.
        environ: the process environment.

    Raises:
        SettingsError: a name is unknown or a value cannot be used.

    """
    merged: dict[str, Any] = {}
    sources = dict.fromkeys(Settings.model_fields, DEFAULT)
    given = ((f"file {config}", _in_file(config)), ("environment", _in_environment(environ)))
    options = {name: value for name, value in flags.items() if value is not None}
    for source, values in (*given, ("option", options)):
        merged |= values
        sources |= dict.fromkeys(values, source)
    if unknown := sorted(merged.keys() - Settings.model_fields.keys()):
        msg = f"unknown settings: {', '.join(unknown)}; docs/settings.md lists all"
        raise SettingsError(msg)
    try:
        return Loaded(Settings(**merged), sources)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"])) or "settings"
        msg = f"setting {name}: {first['msg']}"
        raise SettingsError(msg) from None


def _in_file(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        return tomllib.loads(config.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"cannot read the settings file {config}: {error}"
        raise SettingsError(msg) from None


def _in_environment(environ: Mapping[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    named = {name.removeprefix(PREFIX).lower(): value for name, value in ours.items()}
    return {name: value for name, value in named.items() if name not in OF_THE_SDK}
