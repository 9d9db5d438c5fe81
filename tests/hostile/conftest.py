"""The world that the catalogue speaks of: the one of the protocol's tables."""

from tests.protocol.conftest import world

__all__ = ["world"]
