"""Tokenhouse: an OAuth 2.0 token service for API products."""
