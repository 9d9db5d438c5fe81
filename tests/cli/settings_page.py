"""`docs/settings.md`, written from the settings themselves.

`python -m tests.cli.settings_page` writes it anew; a test holds it to what the program has.
"""

from pathlib import Path
from typing import Any

from tokenhouse.settings import PREFIX, Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
_HEAD = f"""\
# Settings

<!-- Written by `python -m tests.cli.settings_page` from `src/tokenhouse/settings/`. -->

Each setting can be given in three places. The first of them that has it wins:

1. on the command line, where there is an option for it: `--data-dir`, `--database-url`, and for
   `tokenhouse serve` also `--host`, `--port`, `--workers`;
2. in the environment, in capitals after `{PREFIX}`: `{PREFIX}DATA_DIR`;
3. in the TOML file named by `--config`: `data_dir = "/var/lib/tokenhouse"`.

A name that is not in this table, or a value that does not fit, is refused at start with one line
that says which: `tokenhouse config check` tells beforehand. `tokenhouse config example` prints a
file with all of them, `tokenhouse config show` what is in force and where each comes from.
Lists are TOML arrays in the file and separated by commas in the environment.
What the SDK reads there, such as `{PREFIX}CLIENT_ID`, is left alone.

| setting | default | value | |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    schema = Settings.model_json_schema()["properties"]
    return _HEAD + "".join(_row(name, field) for name, field in schema.items())


def _row(name: str, field: dict[str, Any]) -> str:
    return f"| `{name}` | {_default(field)} | {_value(field)} | {field['description']} |\n"


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default not in (None, "", []) else "see there"


def _value(field: dict[str, Any]) -> str:
    kinds = {
        "string": "text",
        "boolean": "`true`, `false`",
        "array": "list",
        "integer": f"{field.get('minimum')} to {field.get('maximum')}",
        "number": f"{field.get('minimum')} to {field.get('maximum')}, also a fraction",
    }
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if field.get("format") == "path" or "anyOf" in field:
        return "path"
    return kinds[field["type"]]


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
