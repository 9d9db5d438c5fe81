"""Sealing what must be kept but never in clear: AES-256-GCM under the master key.

A subkey per purpose (HKDF-SHA256, RFC 5869), the row's identity as associated data (so that
a sealed value moved to another row does not open), the master key's id in front (so that
several master keys can be in use while rows are rewrapped).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_VERSION = b"\x01"
_KEY_OCTETS = 32
_ID_OCTETS = 4
_NONCE_OCTETS = 12
_HEAD = len(_VERSION) + _ID_OCTETS


class SealError(Exception):
    """A sealed value does not open: another master key, another row, or damaged."""


class MasterKeyError(Exception):
    """The master key file cannot be used; the text says why and what to do."""


class Changing(Protocol):
    """Where master keys come from."""

    def changed(self) -> list[bytes]:
        """Return the keys if they are others than at the last call, else none."""
        ...


class Sealer:
    """Seals with the first master key, opens with any of them."""

    def __init__(self, keys: Sequence[bytes], file: Changing | None = None) -> None:
        """Take the master keys, 32 octets each, the current one first.

        Args:
            keys: see there.
            file: where they come from, to learn new ones while the process runs.

        """
        self._file = file
        self._ciphers: dict[tuple[bytes, str], AESGCM] = {}
        self._subkeys: dict[tuple[bytes, str], bytes] = {}
        self._keys: dict[bytes, bytes] = {}
        self._learn(keys)

    def _learn(self, keys: Sequence[bytes]) -> None:
        named = {hashlib.sha256(b"id" + key).digest()[:_ID_OCTETS]: key for key in keys}
        self._keys = self._keys | named
        self._current = next(iter(named))

    def refresh(self) -> None:
        """Learn the master keys anew where their file has changed; none is unlearned.

        Raises:
            MasterKeyError: the file cannot be used; the keys known before stay in use.

        """
        if self._file is not None and (keys := self._file.changed()):
            self._learn(keys)

    def _cipher(self, key_id: bytes, purpose: str) -> AESGCM:
        cipher = self._ciphers.get((key_id, purpose))
        if cipher is None:
            derived = self._derive(key_id, purpose)
            cipher = self._ciphers[key_id, purpose] = AESGCM(derived)
        return cipher

    def _derive(self, key_id: bytes, purpose: str) -> bytes:
        if key_id not in self._keys:
            with suppress(MasterKeyError):
                self.refresh()
        try:
            key = self._keys[key_id]
        except KeyError:
            msg = "sealed under a master key that is not at hand"
            raise SealError(msg) from None
        derive = HKDF(hashes.SHA256(), _KEY_OCTETS, None, b"tokenhouse/" + purpose.encode())
        return derive.derive(key)

    def mac(self, purpose: str, message: bytes) -> bytes:
        """Return an HMAC-SHA256 under the current master key's subkey for `purpose`."""
        key = self._subkeys.get((self._current, purpose))
        if key is None:
            key = self._derive(self._current, purpose)
            self._subkeys[self._current, purpose] = key
        return hmac.digest(key, message, "sha256")

    @property
    def head(self) -> bytes:
        """What every value sealed under the current master key begins with."""
        return _VERSION + self._current

    def seal(self, purpose: str, identity: str, clear: bytes) -> bytes:
        """Seal `clear` for one purpose and one row."""
        nonce = os.urandom(_NONCE_OCTETS)
        closed = self._cipher(self._current, purpose).encrypt(nonce, clear, identity.encode())
        return self.head + nonce + closed

    def open(self, purpose: str, identity: str, sealed: bytes) -> bytes:
        """Open what `seal` made for the same purpose and row.

        Raises:
            SealError: it does not open.

        """
        if sealed[:1] != _VERSION:
            msg = "not a sealed value of a known version"
            raise SealError(msg)
        cipher = self._cipher(sealed[1:_HEAD], purpose)
        nonce, closed = sealed[_HEAD : _HEAD + _NONCE_OCTETS], sealed[_HEAD + _NONCE_OCTETS :]
        try:
            return cipher.decrypt(nonce, closed, identity.encode())
        except InvalidTag:
            msg = "sealed value is damaged or belongs elsewhere"
            raise SealError(msg) from None


class MasterKeyFile:
    """The file of the master keys, read again when it has become another."""

    def __init__(self, path: Path) -> None:
        """Take the path; nothing is read yet."""
        self._path = path
        self._seen: tuple[int, ...] | None = None

    def changed(self) -> list[bytes]:
        """Return the keys if the file is another than at the last call, else none.

        Raises:
            MasterKeyError: see `read_master_keys`.

        """
        try:
            found = self._path.stat()
        except OSError:
            return []
        now = (found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
        if now == self._seen:
            return []
        keys = read_master_keys(self._path)
        self._seen = now
        return keys


def add_master_key(path: Path) -> None:
    """Put a new master key before those in the file, which is replaced as a whole.

    Raises:
        MasterKeyError: the file cannot be used as it is, or not be replaced.

    """
    read_master_keys(path)
    try:
        _write_whole(path, _encoded_key() + path.read_bytes())
    except OSError as error:
        msg = f"the master key {path} cannot be replaced: {error.strerror}"
        raise MasterKeyError(msg) from None


def make_key() -> bytes:
    """Make a key of 256 bits."""
    return os.urandom(_KEY_OCTETS)


def make_master_key(path: Path) -> None:
    """Write a new master key where there is none, mode 0600; it is there whole or not at all."""
    _write_whole(path, _encoded_key())


def _encoded_key() -> bytes:
    return base64.urlsafe_b64encode(os.urandom(_KEY_OCTETS)) + b"\n"


def _write_whole(path: Path, octets: bytes) -> None:
    """Write a file, mode 0600, that is there whole or as it was before."""
    building = path.with_name(path.name + ".new")
    handle = os.open(building, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    building.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def read_master_keys(path: Path) -> list[bytes]:
    """Read the master keys: base64url, one a line, the current one first.

    Raises:
        MasterKeyError: missing, unreadable, readable by others, or not such keys.

    """
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            msg = f"the master key {path} can be read by others; run: chmod 600 {path}"
            raise MasterKeyError(msg)
        keys = decoded_keys(path.read_bytes())
    except FileNotFoundError:
        msg = f"the master key {path} is missing; restore it from its backup"
        raise MasterKeyError(msg) from None
    except OSError as error:
        msg = f"the master key {path} cannot be read: {error.strerror}"
        raise MasterKeyError(msg) from None
    if not keys:
        msg = f"the master key {path} holds no keys of 32 octets in base64url; restore it"
        raise MasterKeyError(msg)
    return keys


def decoded_keys(text: bytes) -> list[bytes]:
    """Return the keys that stand in a text; none where anything in it is no key."""
    try:
        keys = [base64.b64decode(line, altchars=b"-_", validate=True) for line in text.split()]
    except ValueError:
        return []
    return keys if all(len(key) == _KEY_OCTETS for key in keys) else []
