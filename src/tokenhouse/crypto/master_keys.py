"""Where the master keys come from: a file, the environment, or a command of the operator's.

The traps: what a command prints is the key and may stand nowhere else, no message and no log; and
keys that come from outside are always there, so they cannot tell that a database was expected.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Protocol

from tokenhouse.crypto.sealing import MasterKeyError, MasterKeyFile, decoded_keys, read_master_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokenhouse.settings import Settings

COMMAND_SECONDS = 10
_MOST_OCTETS = 4096


class MasterKeys(Protocol):
    """Where they come from, as messages name it.

    Attributes:
        is_outside: whether they are another's to make and to change.

    """

    is_outside: bool

    def exists(self) -> bool:
        """Tell whether there are any."""
        ...

    def read(self) -> list[bytes]:
        """Return the keys, the current one first.

        Raises:
            MasterKeyError: there are none that can be used.

        """
        ...

    def changed(self) -> list[bytes]:
        """Return the keys if they are others than at the last call, else none."""
        ...


def master_keys(settings: Settings) -> MasterKeys:
    """Return where the settings say that they come from."""
    if settings.master_key_command:
        command = settings.master_key_command
        return _Outside("of master_key_command", lambda: _told(command))
    if given := settings.master_keys.get_secret_value():
        return _Outside("of the setting master_keys", given.encode)
    return _File(settings)


class _File(MasterKeyFile):
    """A file, which is read again when it has become another."""

    is_outside = False

    def __init__(self, settings: Settings) -> None:
        self._file = settings.keys_path
        super().__init__(self._file)

    def __str__(self) -> str:
        return str(self._file)

    def exists(self) -> bool:
        return self._file.exists()

    def read(self) -> list[bytes]:
        return read_master_keys(self._file)


class _Outside:
    """Keys that somebody else keeps: read once, when the process starts."""

    is_outside = True

    def __init__(self, name: str, text: Callable[[], bytes]) -> None:
        self._name, self._text = name, text

    def __str__(self) -> str:
        return self._name

    def exists(self) -> bool:
        return True

    def read(self) -> list[bytes]:
        keys = decoded_keys(self._text())
        if not keys:
            msg = f"the master keys {self} are no keys of 32 octets in base64url, one a line"
            raise MasterKeyError(msg)
        return keys

    def changed(self) -> list[bytes]:
        return []


def _told(command: Sequence[str]) -> bytes:
    """Run a command without a shell; what it says on standard error goes nowhere either.

    Raises:
        MasterKeyError: it cannot be run, fails, or does not end in time.

    """
    try:
        done = subprocess.run(  # noqa: S603 - because it is the operator's own, and no shell reads it
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except OSError as error:
        why = f"cannot be run: {error.strerror}"
    except subprocess.TimeoutExpired:
        why = f"did not end within {COMMAND_SECONDS} seconds"
    else:
        if done.returncode == 0 and len(done.stdout) <= _MOST_OCTETS:
            return done.stdout
        why = f"failed with status {done.returncode}" if done.returncode else "says too much"
    msg = f"master_key_command {why}; run it by hand as this user to see why"
    raise MasterKeyError(msg) from None
