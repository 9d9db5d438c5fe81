"""Installations for a test to use up.

Trap: an installation is made once and copied, since making one takes a second; a copy has no
server running on it.
"""

import shutil
from pathlib import Path

import pytest

from tests.people import add_person
from tests.service import Service


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of an installation with one admin, stopped; to be copied only."""
    home = tmp_path_factory.mktemp("made")
    with Service(home) as service:
        add_person(service, admin=True)
    return service.data_dir


@pytest.fixture
def installation(made: Path, tmp_path: Path) -> Service:
    """A copy of that, of this test's own."""
    service = Service(tmp_path)
    shutil.copytree(made, service.data_dir)
    return service


@pytest.fixture
def empty(tmp_path: Path) -> Service:
    """A place where nothing is yet."""
    return Service(tmp_path)
