"""Argon2id in huge pages: two thirds of the time that it takes in what `malloc` gives it.

A hash jumps about in its 19 MiB, and with pages of 4 KiB nearly each jump is to a page whose place
the processor has to look up first. The traps: one hash at a time may have the memory, so that it
is a thread's own; and a system may refuse huge pages (then they are small) or callbacks.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from contextlib import suppress
from typing import Any, cast

from argon2 import low_level

_argon2: Any = low_level  # its types are half known
_ffi: Any = _argon2.ffi
_HUGE_PAGE = 2 * 2**20
_NO_MEMORY = -22  # ARGON2_MEMORY_ALLOCATION_ERROR
_OCTETS = 1024  # in a KiB
# Callbacks of the standard library's, since cffi's need memory that can be written and run, which
# a hardened system refuses.
_GIVE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
_KEEP = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t)


class Memory:
    """So many KiB, for one hash at a time; the library wipes them after each."""

    def __init__(self, kib: int) -> None:
        """Take them.

        Raises:
            OSError: there is no memory.
            MemoryError: the system allows no callbacks.

        """
        self._kib, size = kib, kib * _OCTETS
        room = mmap.mmap(-1, size + _HUGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with suppress(OSError):  # a kernel without them
            room.madvise(mmap.MADV_HUGEPAGE)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(room))
        aligned = -(-begin // _HUGE_PAGE) * _HUGE_PAGE

        def give(place: int, octets: int) -> int:
            if octets > size:
                return _NO_MEMORY
            ctypes.c_void_p.from_address(place).value = aligned
            return 0

        def keep(_place: int, _octets: int) -> None:
            pass

        self._give, self._keep = _GIVE(give), _KEEP(keep)
        self._room = room

    def argon2id(self, password: bytes, salt: bytes, passes: int, size: int) -> bytes:
        """Return the hash, of `size` octets, with one lane.

        Raises:
            ValueError: the parameters are none that Argon2 has.

        """
        found, given, with_salt = (
            _ffi.new("uint8_t[]", one) for one in (size, password or b"\0", salt)
        )
        asked = {
            "version": _argon2.ARGON2_VERSION,
            "out": found,
            "outlen": size,
            "pwd": given,
            "pwdlen": len(password),
            "salt": with_salt,
            "saltlen": len(salt),
            "t_cost": passes,
            "m_cost": self._kib,
            "lanes": 1,
            "threads": 1,
            "allocate_cbk": _address("allocate_fptr", self._give),
            "free_cbk": _address("deallocate_fptr", self._keep),
        }
        failed = _argon2.core(_ffi.new("argon2_context *", asked), _argon2.Type.ID.value)
        if failed:
            raise ValueError(_argon2.error_to_str(failed))
        return bytes(_ffi.buffer(found))


def _address(kind: str, callback: object) -> Any:  # noqa: ANN401 - a C pointer
    return _ffi.cast(kind, ctypes.cast(cast("Any", callback), ctypes.c_void_p).value)


_of_thread = threading.local()


def memory(kib: int) -> Memory | None:
    """Return this thread's memory, taken when it is first asked for; None where there is none."""
    try:
        found: Memory | None = _of_thread.memory
    except AttributeError:
        found = None
        if sys.platform == "linux":
            with suppress(OSError, MemoryError):
                found = Memory(kib)
        _of_thread.memory = found
    return found
