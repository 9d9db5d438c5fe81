"""Why something may not be done: causes, worded by each door its own way."""

from __future__ import annotations


class NotFound(Exception):
    """There is no such thing, or it is somebody else's: the two are never told apart."""


class Conflict(Exception):
    """It contradicts what is there; the text says what."""


class Forbidden(Exception):
    """The actor may see that it exists, but may not do this; the text says why."""


class ActorEnded(Exception):
    """The credential that acts was deleted after its token was checked."""


class Invalid(Exception):
    """A value cannot be taken; the text says why, `field` which."""

    def __init__(self, field: str, text: str) -> None:
        """Name the field and say what is wrong."""
        super().__init__(text)
        self.field = field
