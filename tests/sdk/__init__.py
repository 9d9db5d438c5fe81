"""The SDK against a real service: calling an API, checking tokens, the command `th`."""
