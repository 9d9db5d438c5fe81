"""What a setting may be; each says in a line what does not fit."""

from __future__ import annotations

import re
import shlex
from email.policy import SMTP
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

_TOKEN = re.compile(r"([A-Za-z0-9._~+/-]{32,1024})?")  # RFC 6750 section 2.1


def _split(value: object) -> object:
    """Take ``a,b`` from the environment as the list ``["a", "b"]``."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _words(value: object) -> object:
    """Take a command from the environment as a shell would part it."""
    return shlex.split(value) if isinstance(value, str) else value


def _check_url(value: str) -> str:
    if not value:
        return value
    url = urlsplit(value)
    plain = not (url.query or url.fragment or url.username)
    if url.scheme not in {"http", "https"} or not url.hostname or not plain or value.endswith("/"):
        msg = "must be an http(s) URL without query, fragment or final slash"
        raise ValueError(msg)
    return value


def _check_proxies(value: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no address: with `*` everyone could say who they are."""
    for one in value:
        try:
            ip_network(one)
        except ValueError:
            msg = "must be addresses or networks, such as 10.0.0.0/8"
            raise ValueError(msg) from None
    return value


def _check_address(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if value and not (host and colon and port.isdecimal() and 0 < int(port) < 1 << 16):
        msg = "must be an address and a port, such as 127.0.0.1:9464"
        raise ValueError(msg)
    return value


def _check_folder(value: Path) -> Path:
    if {"?", "\0"} & set(str(value)):  # in a URL the first would end the path
        msg = "must hold neither a question mark nor a NUL"
        raise ValueError(msg)
    return value


def _check_mailbox(value: str) -> str:
    if not value:
        return value
    try:
        found = SMTP.header_factory("from", value)
    except (ValueError, IndexError):  # the parser stumbles over some of what is no address
        found = None
    if found is None or found.defects or [bool(one.domain) for one in found.addresses] != [True]:
        msg = "must be one address, such as Example API <tokens@example.com>"
        raise ValueError(msg)
    return value


def _check_token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        msg = "must be at least 32 letters, digits, or - . _ ~ + /"
        raise ValueError(msg)
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Address = Annotated[str, AfterValidator(_check_address)]
Command = Annotated[tuple[str, ...], BeforeValidator(_words)]
Url = Annotated[str, AfterValidator(_check_url)]
Folder = Annotated[Path, AfterValidator(_check_folder)]
Mailbox = Annotated[str, AfterValidator(_check_mailbox)]
Token = Annotated[SecretStr, AfterValidator(_check_token)]
Proxies = Annotated[Names, AfterValidator(_check_proxies)]
