"""Tokenhouse: an OAuth 2.0 token service for API products."""

from importlib.metadata import version

__version__ = version("tokenhouse")
