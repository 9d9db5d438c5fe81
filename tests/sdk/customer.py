"""A machine of a customer, where `th` runs as a process."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.people import Person
from tests.service import Service

NOTHING: Mapping[str, str] = MappingProxyType({})
WORDS = [sys.executable, "-m", "tokenhouse_sdk"]


@dataclass(frozen=True)
class Customer:
    """A machine of a customer: a folder for settings, and who uses it."""

    home: Path
    service: Service
    person: Person

    @property
    def file(self) -> Path:
        """What `th login` writes."""
        return self.home / "tokenhouse" / "credentials.json"

    @property
    def kept(self) -> dict[str, str]:
        """What is in it."""
        members: dict[str, str] = json.loads(self.file.read_text("utf-8"))
        return members

    def environment(self, more: Mapping[str, str] = NOTHING) -> dict[str, str]:
        """The environment of a command there."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("TOKENHOUSE_")}
        return {**inherited, "XDG_CONFIG_HOME": str(self.home), "COLUMNS": "100", **more}

    def th(
        self, *args: str, given: str = "", more: Mapping[str, str] = NOTHING
    ) -> subprocess.CompletedProcess[str]:
        """Run `th ARGS`."""
        return subprocess.run(
            [*WORDS, *args],
            input=given,
            capture_output=True,
            text=True,
            env=self.environment(more),
            timeout=60,
            check=False,
        )

    def said(self, *args: str, given: str = "") -> str:
        """What `th ARGS` prints; raises AssertionError if it refuses."""
        done = self.th(*args, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *args: str) -> Any:
        """What `th ARGS --json` prints."""
        return json.loads(self.said(*args, "--json"))

    def login(self, password: str = "") -> subprocess.CompletedProcess[str]:
        """Log in without a terminal."""
        options = ("--email", self.person.email, "--password-stdin")
        return self.th("login", self.service.url, *options, given=password or self.person.password)
