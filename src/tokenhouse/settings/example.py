"""A settings file with every option in it, commented out: `tokenhouse config example`."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from tokenhouse.settings import Settings

_WIDTH = 98
_HEAD = """\
# Settings of Tokenhouse, for `--config FILE`. Each stands here with its default; what is not set
# has it. The environment (TOKENHOUSE_<NAME>) and options of the command line win over this file.
"""
_DEPENDING = {  # what stands there for defaults that follow from others, or are none
    "issuer": "https://auth.example.com",
    "audience": ["https://api.example.com"],
    "scopes": ["read", "write"],
    "trusted_proxies": ["10.0.0.0/8"],
    "database_url": "postgresql://tokenhouse@db.example.com:5432/tokenhouse",
    "master_key_file": "/etc/tokenhouse/master.key",
    "master_key_command": ["vault", "kv", "get", "-field=key", "secret/tokenhouse"],
    "metrics_address": "127.0.0.1:9464",
    "tls_cert": "/etc/tokenhouse/cert.pem",
    "tls_key": "/etc/tokenhouse/key.pem",
    "smtp_host": "smtp.example.com",
    "smtp_from": "Example API <tokens@example.com>",
    "smtp_user": "tokens",
    "smtp_password_file": "/run/secrets/smtp-password",
    "leak_report_keys_file": "/etc/tokenhouse/secret-scanning.json",
}


def example() -> str:
    """Return the file."""
    fields: dict[str, Any] = Settings.model_json_schema()["properties"]
    return _HEAD + "".join(map(_option, fields, fields.values()))


def _option(name: str, field: dict[str, Any]) -> str:
    text = textwrap.wrap(field["description"], _WIDTH, initial_indent="# ", subsequent_indent="# ")
    default = field.get("default")
    value = _DEPENDING.get(name, "" if default is None else default)
    return "\n" + "\n".join(text) + f"\n#{name} = {json.dumps(value)}\n"
