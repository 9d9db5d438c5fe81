"""Why an installation cannot be opened."""


class OpeningError(Exception):
    """The installation cannot be opened; the text is one line: why, and what to do."""
