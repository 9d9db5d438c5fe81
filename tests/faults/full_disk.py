"""A disk that is full: a small file system in memory, or where that may not be made, a limit.

Owns: the folder, filling it and making space. Without the right to mount (root has it), the
server's own limit on file sizes takes the place of the full disk: each write fails, reads go on.
"""

import resource
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.service import Service

OCTETS = 32 * 2**20


class FullDisk:
    """A folder for a service, on a disk that can be filled."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder."""
        self.folder = folder
        self.is_mounted = False
        self._filler = folder / "filler"
        self._limits = (0, 0)

    def __enter__(self) -> Self:
        self.folder.mkdir()
        if mount := shutil.which("mount"):
            made = [
                mount,
                "-t",
                "tmpfs",
                "-o",
                f"size={OCTETS},mode=0700",
                "tmpfs",
                str(self.folder),
            ]
            self.is_mounted = subprocess.run(made, check=False, capture_output=True).returncode == 0
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_mounted:
            subprocess.run([shutil.which("umount") or "umount", "-l", self.folder], check=True)

    @property
    def way(self) -> str:
        """How it is made full."""
        return "a tmpfs filled" if self.is_mounted else "RLIMIT_FSIZE of the server"

    def fill(self, service: Service) -> None:
        """Leave no octet free."""
        if not self.is_mounted:
            self._limits = resource.prlimit(service.pid, resource.RLIMIT_FSIZE)
            self._limit(service, (0, self._limits[1]))
            return
        with self._filler.open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                with suppress(OSError):
                    while True:
                        file.write(b"\0" * size)

    def make_space(self, service: Service) -> None:
        """Free all that was filled."""
        if self.is_mounted:
            self._filler.unlink()
        else:
            self._limit(service, self._limits)

    def _limit(self, service: Service, limits: tuple[int, int]) -> None:
        for pid in (service.pid, *service.worker_pids):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
