"""Octets thrown at every reader of what strangers send, with a second reader to compare with."""
