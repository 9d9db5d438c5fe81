"""Checking tokens at an API: the issuer's keys, its revocations, the token, the proof with it."""
