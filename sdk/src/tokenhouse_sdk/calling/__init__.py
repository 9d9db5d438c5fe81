"""Calling an API: finding credentials, getting and renewing tokens, sending them."""
