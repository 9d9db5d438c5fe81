"""App credentials, and where they are found: arguments, environment, a file of mode 0600."""

import json
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tokenhouse_sdk.errors import CredentialsError
from tokenhouse_sdk.jose import PrivateKey

URL, CLIENT_ID = "TOKENHOUSE_URL", "TOKENHOUSE_CLIENT_ID"
CLIENT_SECRET = "TOKENHOUSE_CLIENT_SECRET"  # noqa: S105 - a name
PRIVATE_KEY_FILE = "TOKENHOUSE_PRIVATE_KEY_FILE"
CREDENTIALS_FILE = "TOKENHOUSE_CREDENTIALS_FILE"
_LEAST_SECRET = 32  # RFC 7518 section 3.2
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Credentials:
    """App credentials and the service that knows them.

    Attributes:
        url: the service's issuer, without a final slash.
        client_id: of the app credentials.
        client_secret: for `client_secret_jwt`.
        private_key: for `private_key_jwt`, in place of the secret.
        kid: which key it is, where the service knows several.

    """

    url: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: PrivateKey | None = field(default=None, repr=False)
    kid: str | None = None

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://")):
            raise CredentialsError("the service's URL must begin with https://")
        if (self.client_secret is None) == (self.private_key is None):
            raise CredentialsError("credentials need a client_secret or a private key, one of them")
        if self.client_secret is not None and len(self.client_secret) < _LEAST_SECRET:
            raise CredentialsError("the client_secret is too short: a part of it is missing")
        object.__setattr__(self, "url", self.url.rstrip("/"))

    @classmethod
    def find(
        cls,
        url: str | None = None,
        file: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> "Credentials":
        """Find credentials in the environment, else in a file.

        Args:
            url: the service, where it is neither in the environment nor in the file.
            file: in place of `TOKENHOUSE_CREDENTIALS_FILE` and the default of `th login`.
            environ: the environment.

        Raises:
            CredentialsError: there are none, or others can read the file.

        """
        if file is None and CLIENT_ID in environ:
            return cls._of_environment(url, environ)
        place = file or Path(environ.get(CREDENTIALS_FILE) or default_file(environ))
        members = read(place)
        if members is None:
            raise CredentialsError(
                f"no credentials: set {URL}, {CLIENT_ID} and {CLIENT_SECRET}, or run "
                f"`th login URL`, which writes {place}"
            )
        address = url or environ.get(URL) or members.get("url")
        return cls._of_members({**members, "url": address}, str(place))

    @classmethod
    def _of_environment(cls, url: str | None, environ: Mapping[str, str]) -> "Credentials":
        members: dict[str, object] = {
            "url": url or environ.get(URL),
            "client_id": environ[CLIENT_ID],
            "client_secret": environ.get(CLIENT_SECRET),
        }
        if PRIVATE_KEY_FILE in environ:
            members["private_key"] = read_private(Path(environ[PRIVATE_KEY_FILE]))
            members["client_secret"] = None
        return cls._of_members(members, "the environment")

    @classmethod
    def _of_members(cls, members: Mapping[str, object], place: str) -> "Credentials":
        for name in ("url", "client_id"):
            if not members.get(name):
                raise CredentialsError(f"{place} names no {name}")
        wrong = [name for name in _MEMBERS if not isinstance(members.get(name, ""), str | None)]
        if wrong:
            raise CredentialsError(f"{wrong[0]} of {place} is no text")
        text = cast("Mapping[str, str | None]", members)
        pem = text.get("private_key")
        return cls(
            text["url"] or "",
            text["client_id"] or "",
            text.get("client_secret"),
            PrivateKey.load(pem) if pem else None,
            text.get("kid"),
        )


_MEMBERS = ("url", "client_id", "client_secret", "private_key", "kid")


def default_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Where `th login` keeps credentials: the platform's folder for settings (XDG on Linux)."""
    home = Path.home()
    if sys.platform == "win32":
        folder = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "tokenhouse" / "credentials.json"


def read(file: Path) -> dict[str, Any] | None:
    """Read a file of credentials; None where there is none.

    Raises:
        CredentialsError: others can read it, or it holds something else.

    """
    try:
        members: object = json.loads(read_private(file))
    except FileNotFoundError:
        return None
    except ValueError:
        raise CredentialsError(f"{file} is not JSON") from None
    if not isinstance(members, dict):
        raise CredentialsError(f"{file} is not a JSON object")
    return cast("dict[str, Any]", members)


def read_private(file: Path) -> str:
    """Read a file that nobody else may read.

    Raises:
        CredentialsError: others can read it, or it cannot be read.
        FileNotFoundError: there is none.

    """
    try:
        with file.open(encoding="utf-8") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            if os.name == "posix" and mode & _OTHERS:
                raise CredentialsError(
                    f"{file} can be read by others (mode {stat.S_IMODE(mode):04o}): chmod 600 it"
                )
            return opened.read()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"cannot read {file}: {type(error).__name__}") from None


def write(file: Path, members: Mapping[str, Any]) -> None:
    """Write a file of credentials, mode 0600 from its first octet, whole or not at all.

    Raises:
        OSError: it cannot be written.

    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as opened:
        opened.write(json.dumps(members, indent=2) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
